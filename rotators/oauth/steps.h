/* steps.h - the steps that module.c hands to the host. */
#ifndef OAUTH_STEPS_H
#define OAUTH_STEPS_H
#include <keyturn/rotator.h>

int refresh_create(struct kt_step *step); /* the exchange */
int refresh_finish(struct kt_step *step); /* when to rotate next */
int probe_test(struct kt_step *step);     /* does the access token work? */
int probe_check(struct kt_step *step);

#endif
