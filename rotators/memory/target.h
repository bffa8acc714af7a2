/* The target: a JSON file that accepts passwords, and can be told to fail.
 *
 * Every change is made under a lock (FILE.lock) and by rename, so any number
 * of processes may rotate accounts of one file, and a crash leaves the old
 * file or the new one.  README.md describes the file.
 */
#ifndef MEMORY_TARGET_H
#define MEMORY_TARGET_H

#include <jansson.h>
#include <keyturn/rotator.h>
#include <stdbool.h>

struct target {
  struct kt_step *step;
  const char *path, *user; /* the host's */
  json_t *doc;
  int lock_fd;
};

/* Where in a step a switch of the file may strike. */
enum place { PLACE_BEFORE, PLACE_MIDDLE, PLACE_AFTER };

/* Locks and reads the file that AWSCURRENT names.  Class; on anything but
 * KT_OK there is nothing to close. */
int target_open(struct kt_step *step, struct target *out);
/* Replaces the file by t->doc; the target stays open. */
int target_write(struct target *t);
void target_close(struct target *t);

/* Counts a step that begins (1) or ends (-1), where the file wants it. */
void target_count(struct kt_step *step, int by);
/* Counts the step's call and does what the file's switches say for it. */
int target_switch(struct kt_step *step, const char *word, enum place place);
/* The same at PLACE_MIDDLE, over a target that is open. */
int target_switch_middle(struct target *t, const char *word);

/* A login: KT_OK, KT_AUTH, KT_LOCKED or KT_MISSING.  A failed one counts
 * towards lock_after. */
int target_login(struct target *t, const char *password);
/* The same without counting: what the admin may look up. */
bool target_accepts(const struct target *t, const char *password);
/* The right to change the account: by the admin secret where there is one,
 * else by a login with `password`. */
int target_authorize(struct target *t, const char *password);
/* Makes the account accept exactly these; `second` may be NULL.  Journals by
 * mutating() first; KT_POLICY when `first` is too short for the target. */
int target_set(struct target *t, const char *word, const char *first,
               const char *second);

#endif
