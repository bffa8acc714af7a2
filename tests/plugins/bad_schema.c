/* Its schema has a rule that nobody enforces. */
#include "simple.h"

static const struct kt_rotator rotator = {
    .size = sizeof rotator,
    .name = "bad-schema",
    .version = "1",
    .summary = "for tests",
    .secret_schema = "{\"type\":\"object\",\"oneOf\":[{}]}",
    .create_secret = simple_create,
    .set_secret = simple_set,
    .test_secret = simple_test};
KT_MODULE(&rotator)
