/* What has to change at keyturnd so that a secret, user, group, role or policy
 * is as its plan says. */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include "cli/client.h"
#include "cli/plan.h"

struct change {
  const struct plan_item *item;
  bool is_new;
  bool sets_description, sets_value;
  bool sets_rotation;
  bool is_first_rotation; /* none was ever configured */
  json_t *tags_put;       /* as TagResource takes them; may be empty */
  json_t *tags_remove;    /* keys */
  json_t *calls;          /* of no secret: [{"target", "in"}], in order */
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
int change_find(struct plan *p, const struct plan_item *s,
                const struct change_options *o, struct client *c,
                struct change *out, struct err *e);
void change_release(struct change *c);
bool change_is_none(const struct change *c);

/* The same of an item that is no secret. */
int change_find_entity(struct plan *p, const struct plan_item *s,
                       struct client *c, struct change *out, struct err *e);
int change_apply_entity(struct change *change, struct client *c, struct err *e);
/* Both texts may be NULL: none. */
void change_add_line(struct change *ch, const char *what, const json_t *from,
                     const json_t *to);

/* Does it: a few calls, each of which may be repeated.  When one fails,
 * change->n_done says how many had worked. */
int change_apply(struct change *change, const struct change_options *o,
                 struct client *c, struct err *e);

#endif
