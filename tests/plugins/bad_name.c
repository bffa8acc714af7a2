/* A name that no ARN can hold. */
#include "simple.h"

static const struct kt_rotator rotator = {SIMPLE("Bad Name"),
                                          .create_secret = simple_create,
                                          .set_secret = simple_set};
KT_MODULE(&rotator)
