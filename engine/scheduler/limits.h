/* How many rotations may act at once: in all, with one rotator, and on one
 * target host.  Pure counting; who waits, and for how long, is claim.c's.
 *
 * Taken slots form a list that is searched: there are at most LIMITS_MAX.
 */
#ifndef SCHEDULER_LIMITS_H
#define SCHEDULER_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#define LIMITS_MAX 1024

struct limits {
  unsigned in_all, per_rotator, per_host;
};

/* What a rotation counts as.  host "": no host that we know of, which only
 * the other two limit. */
struct slot {
  struct slot *next;
  bool is_taken;
  char rotator[65], host[256];
};

struct slots {
  struct limits limits;
  struct slot *taken;
  size_t n;
};

/* Texts that are too long are cut. */
void slot_init(struct slot *s, const char *rotator, const char *host);
bool slots_fit(const struct slots *all, const struct slot *s);
/* False, and nothing taken, when it does not fit.  One that is taken already
 * is true. */
bool slots_take(struct slots *all, struct slot *s);
/* Takes it whatever the limits say. */
void slots_force(struct slots *all, struct slot *s);
/* True when there was something to give back. */
bool slots_give(struct slots *all, struct slot *s);
/* How many more there may be in all. */
size_t slots_room(const struct slots *all);

#endif
