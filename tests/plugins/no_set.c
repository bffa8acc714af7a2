/* Lacks one of the steps that cannot be left out. */
#include "simple.h"

static const struct kt_rotator rotator = {SIMPLE("no-set"),
                                          .create_secret = simple_create};
KT_MODULE(&rotator)
