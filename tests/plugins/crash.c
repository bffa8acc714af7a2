/* Writes through NULL in set_secret, after it has said that it will change
 * the target. */
#include "simple.h"

static int crash(struct kt_step *s)
{
  volatile int *volatile nowhere = NULL;
  int rc = s->host->mutating(s);

  if (rc == KT_OK)
    *nowhere = 1;
  return rc;
}

static const struct kt_rotator rotator = {
    SIMPLE("crash"), .create_secret = simple_create, .set_secret = crash};
KT_MODULE(&rotator)
