/* Prints the password it sets. */
#include "simple.h"

static int print(struct kt_step *s)
{
  const char *password;
  int rc = simple_field(s, "AWSPENDING", "password", &password);

  if (rc == KT_OK) {
    (void)printf("ALTER USER app PASSWORD '%s'\n", password);
    (void)fflush(stdout);
    rc = simple_set(s);
  }
  return rc;
}

static const struct kt_rotator rotator = {
    SIMPLE("prints"), .create_secret = simple_create, .set_secret = print};
KT_MODULE(&rotator)
