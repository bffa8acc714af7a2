/* rotators.h - what the two strategies of this plugin give to module.c. */
#ifndef POSTGRES_ROTATORS_H
#define POSTGRES_ROTATORS_H
#include <keyturn/rotator.h>

extern const struct kt_rotator single_user_rotator;
extern const struct kt_rotator alternating_rotator;

extern const char single_user_schema[];
extern const char alternating_schema[];
extern const char single_user_options[];
extern const char alternating_options[];

/* A new password, as the options want it. */
int draw_password(struct kt_step *step, const char **out_password);

#endif
