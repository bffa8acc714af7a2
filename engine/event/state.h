/* Inside the audit trail: what its parts share.
 *
 * One thread, the keeper, syncs, signs, begins new files and tells the store
 * where the trail ends; every other only appends.  `lock` is the only lock,
 * and is not held while the keeper waits for a disk; the store's are taken
 * without it.
 */
#ifndef EVENT_STATE_H
#define EVENT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "event/audit.h"

#define TROUBLE_MAX 512

struct audit {
  struct audit_options o;
  char *folder;
  struct meta_row meta;
  struct digest_key *key;
  int folder_fd;

  pthread_mutex_t lock;
  pthread_cond_t work;  /* for the keeper */
  pthread_cond_t moved; /* synced moved, or the trail broke */
  /* Behind the lock: */
  struct chain *chain;
  int fd; /* replaced by the keeper only, who may use it without the lock */
  char file[TRAIL_NAME_MAX];
  int64_t size; /* of whole lines in the file */
  /* Bytes that are allocated behind them, INT64_MAX where nobody can say;
   * written behind the lock. */
  _Atomic int64_t room;
  bool has_debris;          /* and a piece of one behind them */
  struct chain_link last;   /* the last line */
  struct chain_torn torn;   /* what the next line owns up to */
  struct chain_link synced; /* the last that is on the disk */
  int64_t unsynced_us;      /* since when (monotonic) that is behind */
  int64_t wanted;           /* somebody waits for this sequence */
  uint64_t records, failures;
  bool is_failing, is_stopping;
  bool is_short;   /* of room: changes are refused */
  bool is_broken;  /* a sync failed: nobody knows what is on the disk */
  bool has_events; /* in the store, for the trail */
  uint64_t told[AUDIT_TOLD_MAX]; /* by the rows of outbox.c */

  /* The keeper's: */
  pthread_t keeper;
  bool has_keeper;
  struct digest digest;    /* the last one */
  struct chain_link ended; /* what the store knows */
  int64_t ended_digests;
  int64_t ended_us, signed_us, probed_us; /* monotonic */
  bool told_failing, told_short;
  int64_t events_us; /* monotonic: not before */
  /* Lines that the store does not know of, left by a crash; -1: none. */
  int64_t unknown_at;
  char unknown_file[TRAIL_NAME_MAX];

  /* What resume found wrong; "" for nothing. */
  char trouble[TROUBLE_MAX];
};

/* room.c, behind the lock: allocates room in a->file, and takes from it. */
void room_make(struct audit *a);
void room_used(struct audit *a, int64_t bytes);
/* Is there room again? */
void room_look(struct audit *a);
/* What a file that has ended does not need. */
void room_give_back(int fd);

/* resume.c: the file to go on in, the last line, the last digest.  What is
 * wrong with the trail is no error but a->trouble. */
int audit_resume(struct audit *a, const struct audit_row *known, struct err *e);
/* Opens a file of the folder to append to. */
int audit_open_file(const struct audit *a, const char *name, int flags,
                    int *out_fd, struct err *e);
/* errno's text as ERR_FULL or ERR_IO. */
int audit_fail(const struct audit *a, const char *what, const char *name,
               struct err *e);

/* signing.c: the key from the store, or a new one; its public half in the
 * folder. */
int audit_key(struct audit *a, struct audit_row *out_known, struct err *e);

/* outbox.c: by the keeper, with the lock. */
void outbox_drain(struct audit *a);

/* keeper.c */
/* By the keeper, with the lock: until everything is on the disk. */
void keeper_sync(struct audit *a);
int keeper_start(struct audit *a, struct err *e);
void keeper_stop(struct audit *a);

#endif
