/* The root key file: made once, durable, refused when others may read it. */
#include "crypto/root_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define HEAD     "keyturn-root-key-v1 "
#define HEAD_LEN (sizeof HEAD - 1)
#define B64_LEN  44 /* of 32 bytes, with one '=' */
#define LINE_LEN (HEAD_LEN + B64_LEN + 1)

static int write_all(int fd, const unsigned char *p, size_t n)
{
  while (n > 0) {
    ssize_t got = write(fd, p, n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    p += got;
    n -= (size_t)got;
  }
  return 0;
}

/* The name must survive a crash too: it is in the directory. */
static int sync_directory(const char *path)
{
  const char *slash = strrchr(path, '/');
  CLEANUP_FREE char *dir = NULL;
  CLEANUP_FD int fd = -1;

  if (slash == NULL)
    dir = strdup(".");
  else
    dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
  if (dir == NULL)
    return -1;
  fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -1 : fsync(fd);
}

int root_key_create(const char *path, struct random *r, struct err *e)
{
  CLEANUP_SECRET struct secret key = {0}, line = {0};
  CLEANUP_FD int fd = -1;
  int rc;

  if ((rc = secret_alloc(ROOT_KEY_LEN, &key, e)) != 0 ||
      (rc = secret_alloc(LINE_LEN, &line, e)) != 0)
    return rc;
  r->fill(r, key.data, ROOT_KEY_LEN);
  memcpy(line.data, HEAD, HEAD_LEN);
  (void)EVP_EncodeBlock(line.data + HEAD_LEN, key.data, ROOT_KEY_LEN);
  line.data[LINE_LEN - 1] = '\n'; /* where EncodeBlock put its NUL */

  fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 && errno == EEXIST)
    return err_set(e, ERR_EXISTS,
                   "root key %s exists already; it is never "
                   "overwritten",
                   path);
  if (fd < 0)
    return err_set(e, ERR_IO,
                   "cannot create root key %s: %s; its folder must be writable "
                   "for the user that keyturnd runs as (uid %ld)",
                   path, strerror(errno), (long)geteuid());
  if (fchmod(fd, 0600) != 0 || write_all(fd, line.data, LINE_LEN) != 0 ||
      fsync(fd) != 0 || sync_directory(path) != 0) {
    int why = errno;

    (void)unlink(path); /* ours, and useless: half a key */
    return err_set(e, why == ENOSPC ? ERR_FULL : ERR_IO,
                   "cannot write root key %s: %s", path, strerror(why));
  }
  return 0;
}

static int check_file(int fd, const char *path, struct err *e)
{
  struct stat st;

  if (fstat(fd, &st) != 0)
    return err_set(e, ERR_IO, "cannot look at root key %s: %s", path,
                   strerror(errno));
  if (!S_ISREG(st.st_mode))
    return err_set(e, ERR_CONFIG,
                   "root key %s is not a regular file; put back the file that "
                   "keyturnd init made",
                   path);
  if ((st.st_mode & 077) != 0)
    return err_set(e, ERR_CONFIG,
                   "root key %s is open to others (mode %04o); run: chmod 600 "
                   "%s",
                   path, (unsigned)st.st_mode & 07777, path);
  if (st.st_size != (off_t)LINE_LEN && st.st_size != (off_t)LINE_LEN - 1)
    return err_set(e, ERR_CONFIG,
                   "root key %s has %lld bytes, not the %zu of a root key; "
                   "put back the file that keyturnd init made",
                   path, (long long)st.st_size, LINE_LEN);
  return 0;
}

/* Fills `line`; short when the file is. */
static int read_line(int fd, struct secret *line, size_t *out_n)
{
  size_t n = 0;

  while (n < line->len) {
    ssize_t got = read(fd, line->data + n, line->len - n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    n += (size_t)got;
  }
  *out_n = n;
  return 0;
}

/* Exactly 43 characters of base64 and one '='. */
static bool is_base64(const unsigned char *p)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

  for (size_t i = 0; i < B64_LEN - 1; i++)
    if (p[i] == '\0' || strchr(alphabet, p[i]) == NULL)
      return false;
  return p[B64_LEN - 1] == '=';
}

int root_key_read(const char *path, struct secret *out, struct err *e)
{
  CLEANUP_SECRET struct secret line = {0}, key = {0};
  CLEANUP_FD int fd = -1;
  size_t n;
  int rc;

  fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT)
    return err_set(e, ERR_CONFIG,
                   "there is no root key at %s; a new installation makes one "
                   "by keyturnd init, an old one needs its own back",
                   path);
  if (fd < 0)
    return err_set(e, ERR_CONFIG,
                   "cannot open root key %s: %s; it must belong to the user "
                   "that keyturnd runs as (uid %ld)",
                   path, strerror(errno), (long)geteuid());
  if ((rc = check_file(fd, path, e)) != 0 ||
      (rc = secret_alloc(LINE_LEN, &line, e)) != 0 ||
      /* EVP_DecodeBlock writes a multiple of three. */
      (rc = secret_alloc(ROOT_KEY_LEN + 1, &key, e)) != 0)
    return rc;
  if (read_line(fd, &line, &n) != 0)
    return err_set(e, ERR_IO, "cannot read root key %s: %s", path,
                   strerror(errno));
  if (n < LINE_LEN - 1 || memcmp(line.data, HEAD, HEAD_LEN) != 0 ||
      !is_base64(line.data + HEAD_LEN) ||
      (n == LINE_LEN && line.data[LINE_LEN - 1] != '\n') ||
      EVP_DecodeBlock(key.data, line.data + HEAD_LEN, B64_LEN) !=
          ROOT_KEY_LEN + 1)
    return err_set(e, ERR_CONFIG,
                   "%s is not a root key (one line, \"" HEAD "BASE64\"); put "
                   "back the file that keyturnd init made",
                   path);
  key.data[ROOT_KEY_LEN] = '\0';
  key.len = ROOT_KEY_LEN;
  *out = key;
  key = (struct secret){0}; /* transferred */
  return 0;
}
