/* The value that a plan has for a secret. */
#ifndef CLI_PLAN_VALUE_H
#define CLI_PLAN_VALUE_H

#include "cli/client.h"
#include "cli/plan.h"

/* Where it comes from, for people: "from app.json".  `out`: at least
 * PLAN_VALUE_SOURCE_MAX. */
#define PLAN_VALUE_SOURCE_MAX 300
void plan_value_source(const struct plan_item *s, char *out);
/* The path of its file; NULL when it has none.  *out: returned, free. */
int plan_value_path(const struct plan_item *s, const char *values_dir,
                    char **out, struct err *e);
/* Reads, makes or draws it.  *out: returned, secret_release. */
int plan_value_get(const struct plan_item *s, const char *values_dir,
                   struct client *c, struct secret *out, struct err *e);
/* Nobody can say whether a drawn value is there already. */
bool plan_value_is_drawn(const struct plan_item *s);

#endif
