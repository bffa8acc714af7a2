/* One table of names. */
#include "base/class.h"

#include <keyturn/rotator.h>

static const char *const names[] = {
    [KT_OK] = "OK",
    [KT_UNREACHABLE] = "UNREACHABLE",
    [KT_BUSY] = "BUSY",
    [KT_AUTH] = "AUTH",
    [KT_LOCKED] = "LOCKED",
    [KT_POLICY] = "POLICY",
    [KT_MISSING] = "MISSING",
    [KT_DENIED] = "DENIED",
    [KT_CONFIG] = "CONFIG",
    [KT_AMBIGUOUS] = "AMBIGUOUS",
    [KT_REAUTH_REQUIRED] = "REAUTH_REQUIRED",
};

const char *class_name(int kt_class)
{
  if (kt_class < 0 || kt_class > KT_REAUTH_REQUIRED)
    kt_class = KT_AMBIGUOUS;
  return names[kt_class];
}
