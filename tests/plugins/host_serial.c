/* host_acts.c for one step at a time. */
#define PLUGIN_NAME  "host-serial"
#define PLUGIN_FLAGS KT_SERIAL
#include "host_acts.c"
