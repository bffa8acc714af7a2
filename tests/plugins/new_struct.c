/* Built with a header of the future: struct kt_rotator has more members, and
 * its size says so.
 */
#include "simple.h"

struct future {
  struct kt_rotator known;
  const void *more[4];
};

static const struct future rotator = {
    .known = {SIMPLE("new-struct"), .create_secret = simple_create,
              .set_secret = simple_set},
    .more = {&rotator, &rotator, &rotator, &rotator}};

static struct future sized;

__attribute__((visibility("default"))) const struct kt_module *kt_module(void);

const struct kt_module *kt_module(void)
{
  static const struct kt_rotator *const rotators[] = {&sized.known};
  static const struct kt_module module = {KT_ABI, 1, rotators};

  sized = rotator;
  sized.known.size = sizeof sized;
  return &module;
}
