/* Never returns from set_secret, whatever the deadline. */
#include <unistd.h>

#include "simple.h"

static int hang(struct kt_step *s)
{
  while (s != NULL)
    (void)pause(); /* whatever signals come */
  return KT_OK;
}

static const struct kt_rotator rotator = {
    SIMPLE("hang"), .create_secret = simple_create, .set_secret = hang};
KT_MODULE(&rotator)
