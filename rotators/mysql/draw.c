/* draw.c - a new password. */
#include "rotators.h"

/* What AWS's rotation functions leave out: the servers take every character,
 * but clients put passwords into URLs and option files. */
#define LEFT_OUT ":/@\"'\\"

int draw_password(struct kt_step *step, const char **out_password)
{
  return step->host->random_password(step, LEFT_OUT, out_password);
}
