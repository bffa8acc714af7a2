/* Its set_secret cannot be repeated: it ignores maybe_set. */
#include "simple.h"

static int once(struct kt_step *s)
{
  int rc = simple_login(s, "AWSCURRENT");

  if (rc == KT_OK)
    rc = s->host->mutating(s);
  return rc == KT_OK ? simple_write(s, "AWSPENDING") : rc;
}

static const struct kt_rotator rotator = {
    SIMPLE("once-only"), .create_secret = simple_create, .set_secret = once};
KT_MODULE(&rotator)
