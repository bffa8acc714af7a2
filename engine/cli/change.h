/* What has to change at keyturnd so that a secret is as its plan says. */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include "cli/client.h"
#include "cli/plan.h"

struct change {
  const struct plan_secret *secret;
  bool is_new;
  bool sets_description, sets_value;
  bool sets_rotation;
  bool is_first_rotation; /* none was ever configured */
  json_t *tags_put;       /* as TagResource takes them; may be empty */
  json_t *tags_remove;    /* keys */
  json_t *lines;          /* [{"what", "from", "to"}], for people */
  unsigned n_done;        /* steps of change_apply that worked */
};

struct change_options {
  const char *values_dir;
  bool set_values;
};

/* Asks keyturnd what is there, and compares.  A fault that only now can be
 * seen (a secret that is to be deleted, a rotation without a value) goes to
 * the plan.  *out: returned, change_release. */
int change_find(struct plan *p, const struct plan_secret *s,
                const struct change_options *o, struct client *c,
                struct change *out, struct err *e);
void change_release(struct change *c);
bool change_is_none(const struct change *c);

/* Does it: a few calls, each of which may be repeated.  When one fails,
 * change->n_done says how many had worked. */
int change_apply(struct change *change, const struct change_options *o,
                 struct client *c, struct err *e);

#endif
