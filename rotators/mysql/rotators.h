/* rotators.h - what the strategies of this plugin give to module.c. */
#ifndef MYSQL_ROTATORS_H
#define MYSQL_ROTATORS_H
#include <keyturn/rotator.h>

extern const struct kt_rotator single_user_rotator;
extern const struct kt_rotator dual_password_rotator;
extern const struct kt_rotator alternating_rotator;

extern const char account_schema[];     /* single user, dual password */
extern const char alternating_schema[]; /* and the role and the two users */
extern const char options_schema[];

/* A new password, as the options want it. */
int draw_password(struct kt_step *step, const char **out_password);

#endif
