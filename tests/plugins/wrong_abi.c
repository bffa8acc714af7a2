/* Built for another ABI (the build says which). */
#include "simple.h"

static const struct kt_rotator rotator = {SIMPLE("wrong-abi"),
                                          .create_secret = simple_create,
                                          .set_secret = simple_set};
static const struct kt_rotator *const rotators[] = {&rotator};

__attribute__((visibility("default"))) const struct kt_module *kt_module(void);

const struct kt_module *kt_module(void)
{
  static const struct kt_module module = {PLUGIN_ABI, 1, rotators};

  return &module;
}
