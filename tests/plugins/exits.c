/* Calls exit(0) in set_secret. */
#include <stdlib.h>

#include "simple.h"

static int leave(struct kt_step *s)
{
  (void)s;
  exit(0);
}

static const struct kt_rotator rotator = {
    SIMPLE("exits"), .create_secret = simple_create, .set_secret = leave};
KT_MODULE(&rotator)
