/* Changes the target without calling mutating() first. */
#include "simple.h"

static int change(struct kt_step *s)
{
  int rc;

  if (s->maybe_set && simple_login(s, "AWSPENDING") == KT_OK)
    return KT_OK;
  rc = simple_login(s, "AWSCURRENT");
  return rc == KT_OK ? simple_write(s, "AWSPENDING") : rc;
}

static const struct kt_rotator rotator = {SIMPLE("unjournaled"),
                                          .create_secret = simple_create,
                                          .set_secret = change};
KT_MODULE(&rotator)
