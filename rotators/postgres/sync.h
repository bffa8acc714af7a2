/* sync.h - makes one login of a pair what the other is. */
#ifndef POSTGRES_SYNC_H
#define POSTGRES_SYNC_H
#include "connect.h"
#include "twins.h"

enum sync_mode {
  SYNC_SHOW, /* log what would be run */
  SYNC_RUN
};

/* Brings the attributes, memberships and settings of twins->next to those of
 * `current`, its membership in the owner and its default role included.  In
 * the caller's transaction when SYNC_RUN. */
int sync_login(struct db *db, const char *current, const struct twins *twins,
               enum sync_mode mode);

#endif
