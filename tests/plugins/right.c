/* No sin: what the others are compared with. */
#include "simple.h"

static const struct kt_rotator rotator = {
    SIMPLE("right"), .create_secret = simple_create, .set_secret = simple_set};
KT_MODULE(&rotator)
