/* Two rotators of one name. */
#include "simple.h"

static const struct kt_rotator one = {SIMPLE("same-name"),
                                      .create_secret = simple_create,
                                      .set_secret = simple_set};
static const struct kt_rotator two = {SIMPLE("same-name"),
                                      .create_secret = simple_create,
                                      .set_secret = simple_set};
KT_MODULE(&one, &two)
