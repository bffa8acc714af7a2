/* Plans: files in JSON that say which secrets there are and how they rotate,
 * and which users, groups, roles and policies.
 * schedules/plan.schema.json has the form; what a schema cannot say is
 * plan_check.c's.
 *
 * Everything that is wrong is told as "FILE:LINE:COLUMN: what was expected",
 * one line each, before anything is done.  No value is ever told.
 */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"
#include "base/secret.h"
#include "cli/position.h"

#define PLAN_FILES_MAX 1000
#define PLAN_ITEMS_MAX 4000

/* schedules/plan.schema.json, compiled in. */
extern const char plan_schema_text[];

struct plan_file {
  char *path;
  struct secret text; /* a value can stand in it */
  json_t *doc;        /* NULL when it is no JSON */
  bool is_private;    /* nobody but its owner can read it */
  bool is_good;       /* it fits the schema */
};

/* What a plan has lists of; in the order in which they are made. */
struct plan_list {
  const char *member; /* "users" */
  const char *kind;   /* "user"; NULL: secrets */
};
extern const struct plan_list plan_lists[]; /* ended by a NULL member */

/* A secret, user, group, role or policy in a plan; borrows all of it from the
 * plan. */
struct plan_item {
  const struct plan_list *list;
  const struct plan_file *file;
  size_t index; /* in the file */
  const char *name;
  const json_t *json, *value, *rotation; /* the latter may be NULL */
};

struct plan {
  struct plan_file *files;
  struct plan_item *items;
  size_t n_files, n_items;
  FILE *to; /* where faults are told */
  size_t n_faults;
};

/* Reads all files, and of a folder all *.json that are no *.schema.json, and
 * checks them.  0 also when there are faults: look at n_faults, and use
 * nothing of the plan then.  `to`: borrowed until plan_release. */
int plan_read(struct plan *p, char **paths, size_t n, FILE *to, struct err *e);
void plan_release(struct plan *p);

/* Tells a fault; `below` is a JSON pointer below the item, "" for itself. */
void plan_fault(struct plan *p, const struct plan_item *s, const char *below,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same for a text of schema_check: its pointer is below `below`. */
void plan_schema_fault(struct plan *p, const struct plan_item *s,
                       const char *below, const char *text);
/* Where a text of schema_check says what was expected, behind the pointer;
 * *out_pointer: the pointer's length, 0 for the whole value. */
const char *plan_expected(const char *text, size_t *out_pointer);
struct position plan_position(const struct plan_item *s, const char *below);

/* What the schema cannot say: exactly one of some members, names that stand
 * twice, members that do not go together. */
int plan_check(struct plan *p, struct err *e);

#endif
