/* Its test_secret says yes to everything. */
#include "simple.h"

static int yes(struct kt_step *s)
{
  (void)s;
  return KT_OK;
}

static const struct kt_rotator rotator = {.size = sizeof rotator,
                                          .name = "blind-test",
                                          .version = "1",
                                          .summary = "for tests",
                                          .secret_schema = SIMPLE_SCHEMA,
                                          .create_secret = simple_create,
                                          .set_secret = simple_set,
                                          .test_secret = yes,
                                          .revert_secret = simple_revert};
KT_MODULE(&rotator)
