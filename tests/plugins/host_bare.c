/* Has only what a rotator must have. */
#include <keyturn/rotator.h>
#include <stddef.h>

static int ok(struct kt_step *s)
{
  (void)s;
  return KT_OK;
}

static const struct kt_rotator rotator = {
    .size = sizeof(struct kt_rotator),
    .name = "host-bare",
    .version = "1",
    .summary = "the three steps, and nothing else (for tests)",
    .create_secret = ok,
    .set_secret = ok,
    .test_secret = ok,
};

KT_MODULE(&rotator)
