/* Files of the store, by the calls that survive a crash: flock for the owner,
 * link for the name.
 */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int fail(const char *what, const char *path, struct err *e)
{
  int why = errno;

  return err_set(e, why == ENOSPC || why == EDQUOT ? ERR_FULL : ERR_IO,
                 "cannot %s %s: %s", what, path, strerror(why));
}

static int suffixed(const char *path, const char *suffix, char **out,
                    struct err *e)
{
  if (asprintf(out, "%s%s", path, suffix) >= 0)
    return 0;
  *out = NULL;
  return err_set(e, ERR_NOMEM, "out of memory");
}

int file_lock(const char *path, int *out_fd, struct err *e)
{
  CLEANUP_FREE char *lock = NULL;
  CLEANUP_FD int fd = -1;
  int rc = suffixed(path, ".lock", &lock, e);

  if (rc != 0)
    return rc;
  fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail("open", lock, e);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
               ? err_set(e, ERR_BUSY,
                         "another keyturnd has the store %s open; "
                         "stop it first",
                         path)
               : fail("lock", lock, e);
  *out_fd = fd;
  fd = -1; /* transferred */
  return 0;
}

/* A draft is a database that nobody finished: with what SQLite put beside. */
static void remove_draft(const char *draft)
{
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    CLEANUP_FREE char *path = NULL;

    if (suffixed(draft, suffixes[i], &path, NULL) == 0)
      (void)unlink(path); /* mostly not there */
  }
}

int file_make_draft(const char *path, char **out_draft, struct err *e)
{
  CLEANUP_FREE char *draft = NULL;
  CLEANUP_FD int fd = -1;
  int rc = suffixed(path, ".new", &draft, e);

  if (rc != 0)
    return rc;
  remove_draft(draft);
  fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || fchmod(fd, 0600) != 0)
    return fail("create", draft, e);
  *out_draft = draft;
  draft = NULL; /* transferred */
  return 0;
}

static int sync_file(const char *path, int flags)
{
  CLEANUP_FD int fd = open(path, flags | O_CLOEXEC);

  return fd < 0 ? -1 : fsync(fd);
}

static int sync_directory_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  CLEANUP_FREE char *dir = NULL;

  if (slash == NULL)
    dir = strdup(".");
  else
    dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
  return dir == NULL ? -1 : sync_file(dir, O_RDONLY | O_DIRECTORY);
}

int file_publish(const char *draft, const char *path, struct err *e)
{
  int rc = 0;

  if (sync_file(draft, O_RDWR) != 0)
    rc = fail("sync", draft, e);
  else if (link(draft, path) != 0)
    rc = errno == EEXIST ? err_set(e, ERR_EXISTS, "%s is there already", path)
                         : fail("create", path, e);
  remove_draft(draft);
  if (rc == 0 && sync_directory_of(path) != 0)
    rc = fail("sync the directory of", path, e);
  return rc;
}
