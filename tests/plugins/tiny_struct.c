/* Forgot .size. */
#include "simple.h"

static const struct kt_rotator rotator = {.name = "tiny-struct",
                                          .version = "1",
                                          .summary = "for tests",
                                          .create_secret = simple_create,
                                          .set_secret = simple_set,
                                          .test_secret = simple_test};
KT_MODULE(&rotator)
