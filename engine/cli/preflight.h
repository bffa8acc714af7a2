/* What of a plan only keyturnd can judge, asked before anything is changed:
 * the rotators it has, their options and values, schedules, passwords. */
#ifndef CLI_PREFLIGHT_H
#define CLI_PREFLIGHT_H

#include "cli/change.h"

/* ListRotators' reply.  *out: returned, json_decref. */
int preflight_rotators(struct client *c, json_t **out, struct err *e);
/* Faults go to the plan. */
int preflight_check(struct plan *p, const struct change *change,
                    const struct change_options *o, const json_t *rotators,
                    struct client *c, struct err *e);

/* Of a user, group or role: the groups and policies that it names must be
 * there, or come with the plans. */
int preflight_names(struct plan *p, const struct plan_item *s, struct client *c,
                    struct err *e);

#endif
