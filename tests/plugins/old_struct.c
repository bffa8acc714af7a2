/* Built when struct kt_rotator ended with finish_secret.  What follows it in
 * memory is poison: a loader that reads on calls it.
 */
#include "simple.h"

#define OLD_SIZE offsetof(struct kt_rotator, check)

static struct kt_rotator old;

__attribute__((visibility("default"))) const struct kt_module *kt_module(void);

const struct kt_module *kt_module(void)
{
  static const struct kt_rotator *const rotators[] = {&old};
  static const struct kt_module module = {KT_ABI, 1, rotators};
  const struct kt_rotator whole = {SIMPLE("old-struct"),
                                   .create_secret = simple_create,
                                   .set_secret = simple_set};

  memset(&old, 0xa5, sizeof old);
  memcpy(&old, &whole, OLD_SIZE);
  old.size = OLD_SIZE;
  return &module;
}
