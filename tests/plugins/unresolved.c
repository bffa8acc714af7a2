/* Needs a function that nobody has. */
#include "simple.h"

int function_that_nobody_has(struct kt_step *s);

static const struct kt_rotator rotator = {
    SIMPLE("unresolved"), .create_secret = simple_create,
    .set_secret = function_that_nobody_has};
KT_MODULE(&rotator)
