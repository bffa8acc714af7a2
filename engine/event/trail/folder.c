/* Finding and mapping the files. */
#include "event/trail/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define FILES_MAX 1000000

void trail_name(int64_t time_us, int64_t first, char out[TRAIL_NAME_MAX])
{
  time_t s = (time_t)(time_us / US_PER_S);
  struct tm tm = {0};
  char day[16];

  (void)gmtime_r(&s, &tm);
  if (strftime(day, sizeof day, "%Y-%m-%d", &tm) == 0)
    day[0] = '\0'; /* a year of five digits; the order is the number's */
  (void)snprintf(out, TRAIL_NAME_MAX, "audit-%s-%012" PRId64 ".jsonl", day,
                 first);
}

/* The number in front of the suffix; 0: not one of ours. */
static int64_t first_of(const char *name)
{
  const char *dash = strrchr(name, '-');
  int64_t first;
  char *end;

  if (strncmp(name, "audit-", 6) != 0 || strlen(name) >= TRAIL_NAME_MAX ||
      dash == NULL || dash[1] < '0' || dash[1] > '9')
    return 0;
  first = strtoll(dash + 1, &end, 10);
  return strcmp(end, ".jsonl") == 0 ? first : 0;
}

static int compare(const void *a, const void *b)
{
  const struct trail_file *x = a, *y = b;

  if (x->first != y->first)
    return x->first < y->first ? -1 : 1;
  return strcmp(x->name, y->name);
}

static int add(struct trail_file **files, size_t *n, size_t *cap,
               const char *name, struct err *e)
{
  int64_t first = first_of(name);
  struct trail_file *more;

  if (first == 0)
    return 0;
  if (*n == *cap) {
    *cap = *cap == 0 ? 64 : *cap * 2;
    more = *cap > FILES_MAX ? NULL : realloc(*files, *cap * sizeof *more);
    if (more == NULL)
      return err_set(e, ERR_NOMEM, "too many files in the audit folder");
    *files = more;
  }
  (*files)[*n].first = first;
  memcpy((*files)[*n].name, name, strlen(name) + 1); /* first_of measured it */
  (*n)++;
  return 0;
}

int trail_list(const char *folder, struct trail_file **out, size_t *out_n,
               struct err *e)
{
  CLEANUP_FREE struct trail_file *files = NULL;
  size_t n = 0, cap = 0;
  const struct dirent *d;
  DIR *dir = opendir(folder);
  int rc = 0;

  if (dir == NULL)
    return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                   "cannot read the audit folder %s: %s", folder,
                   strerror(errno));
  while (rc == 0 && (d = readdir(dir)) != NULL)
    rc = add(&files, &n, &cap, d->d_name, e);
  (void)closedir(dir); /* it was only read */
  if (rc != 0)
    return rc;
  if (n > 0)
    qsort(files, n, sizeof *files, compare);
  *out = files;
  *out_n = n;
  files = NULL; /* transferred */
  return 0;
}

int trail_text_read(const char *folder, const char *name,
                    struct trail_text *out, struct err *e)
{
  CLEANUP_FREE char *path = NULL;
  CLEANUP_FD int fd = -1;
  struct stat st;
  size_t len = 0;
  ssize_t n = 1;
  char *data;

  if (asprintf(&path, "%s/%s", folder, name) < 0) {
    path = NULL;
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 || fstat(fd, &st) != 0)
    return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
                   "cannot read %s: %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return err_set(e, ERR_IO, "%s is no regular file", path);
  *out = (struct trail_text){0};
  if (st.st_size == 0)
    return 0;
  if ((data = malloc((size_t)st.st_size)) == NULL)
    return err_set(e, ERR_NOMEM, "no memory for %s", path);
  while (len < (size_t)st.st_size && n != 0) {
    n = read(fd, data + len, (size_t)st.st_size - len);
    if (n < 0 && errno != EINTR) {
      free(data);
      return err_set(e, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    len += n > 0 ? (size_t)n : 0;
  }
  *out = (struct trail_text){data, len};
  return 0;
}

void trail_text_release(struct trail_text *t)
{
  free((void *)(uintptr_t)t->data);
  *t = (struct trail_text){0};
}

size_t trail_line(const struct trail_text *m, size_t at, size_t *out_next,
                  bool *out_is_whole)
{
  const char *end = memchr(m->data + at, '\n', m->len - at);
  size_t stop = end == NULL ? m->len : (size_t)(end - m->data);

  *out_is_whole = end != NULL;
  *out_next = end == NULL ? m->len : stop + 1;
  return stop - at;
}
