/* Room on the disk for lines that are still to come, so that a full disk does
 * not keep values from their readers at once: what they do can be written down
 * for a while yet.  Changes stop before reads do.
 *
 * The room is allocated behind the end of the file, whose length stays that of
 * its lines (FALLOC_FL_KEEP_SIZE).  Where a file system cannot do that, there
 * is room until a write says otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "event/state.h"

#define ROOM_MOST  ((int64_t)8 << 20)
#define ROOM_LEAST ((int64_t)64 << 10)
#define ROOM_SHARE 16 /* of what is free, at most one part in so many */
/* What must be left for a request to be begun. */
#define ROOM_FOR_READ   ((int64_t)8 << 10)
#define ROOM_FOR_CHANGE ((int64_t)32 << 10)

static int64_t room_wanted(const struct audit *a)
{
  struct statvfs st;
  int64_t share;

  if (fstatvfs(a->fd, &st) != 0)
    return ROOM_LEAST;
  share = (int64_t)(st.f_bavail * st.f_frsize / ROOM_SHARE);
  if (share > ROOM_MOST)
    return ROOM_MOST;
  return share < ROOM_LEAST ? ROOM_LEAST : share;
}

void room_make(struct audit *a)
{
  int64_t wanted = room_wanted(a);
  int rc;

  do
    rc =
        fallocate(a->fd, FALLOC_FL_KEEP_SIZE, a->size, wanted) == 0 ? 0 : errno;
  while (rc == EINTR);
  if (rc == 0)
    atomic_store(&a->room, wanted);
  else if (rc == EOPNOTSUPP || rc == ENOSYS)
    atomic_store(&a->room, INT64_MAX);
}

void room_used(struct audit *a, int64_t bytes)
{
  int64_t room = atomic_load(&a->room);

  if (room != INT64_MAX)
    atomic_store(&a->room, room > bytes ? room - bytes : 0);
}

void room_give_back(int fd)
{
  off_t size = lseek(fd, 0, SEEK_END);

  if (size >= 0)
    (void)!ftruncate(fd, size); /* some room stays taken: no harm */
}

int audit_ready(struct audit *a, bool changes, struct err *e)
{
  int64_t least = changes ? ROOM_FOR_CHANGE : ROOM_FOR_READ, room;

  if (atomic_load(&a->room) >= least)
    return 0;
  (void)pthread_mutex_lock(&a->lock); /* cannot fail: a plain mutex */
  if (!a->is_broken)
    room_make(a);
  room = atomic_load(&a->room);
  if (room < least) {
    a->failures++;
    a->is_short = true;
    a->is_failing = a->is_failing || !changes;
    (void)pthread_cond_signal(&a->work); /* it says so */
  }
  (void)pthread_mutex_unlock(&a->lock);
  if (room >= least)
    return 0;
  return err_set(e, ERR_FULL,
                 "the disk with the audit trail %s is full; nothing was done; "
                 "free space and repeat",
                 a->folder);
}

void room_look(struct audit *a)
{
  room_make(a);
  if (atomic_load(&a->room) >= ROOM_FOR_READ)
    a->is_failing = false; /* else the next line says so again */
  if (atomic_load(&a->room) >= ROOM_FOR_CHANGE)
    a->is_short = false;
}
