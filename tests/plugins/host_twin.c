/* Offers the same rotator as host_acts.c. */
#include "host_acts.c"
