/* Both files are written beside themselves, synced, renamed, and the folder
 * synced: a crash leaves the old text or the new one.
 */
#include "kit/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/json.h"

static int folder_sync(const char *path, struct err *e)
{
  CLEANUP_FREE char *copy = strdup(path);
  CLEANUP_FD int fd = -1;

  if (copy == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fsync(fd) != 0)
    return err_set(e, ERR_IO, "cannot sync the folder of %s: %s", path,
                   strerror(errno));
  return 0;
}

static int file_replace(const char *path, const json_t *doc, struct err *e)
{
  CLEANUP_FREE char *fresh = NULL;
  int fd, rc;

  if (asprintf(&fresh, "%s.new", path) < 0) {
    fresh = NULL;
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  (void)unlink(fresh); /* a left-over may have another mode */
  fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return err_set(e, ERR_IO, "cannot write %s: %s", fresh, strerror(errno));
  rc = json_dumpfd(doc, fd, JSON_INDENT(2));
  if (rc == 0 && write(fd, "\n", 1) != 1)
    rc = -1;
  if (rc == 0)
    rc = fsync(fd);
  if (close(fd) != 0 || rc != 0 || rename(fresh, path) != 0) {
    (void)err_set(e, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    (void)unlink(fresh);
    return -ERR_IO;
  }
  return folder_sync(path, e);
}

int secret_file_open(const char *path, struct secret_file *out, struct err *e)
{
  struct secret_file f = {0};
  const json_t *inner;
  int rc;

  f.path = strdup(path);
  if (f.path == NULL || asprintf(&f.journal, "%s.kit", path) < 0) {
    f.journal = NULL;
    secret_file_close(&f);
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  if (access(f.journal, F_OK) == 0)
    rc = err_set(e, ERR_CONFIG,
                 "%s is there: an earlier run did not end, and it holds the "
                 "values that may be live; put the one that logs in into %s "
                 "and delete it",
                 f.journal, path);
  else
    rc = json_read_file(path, &json_limits_file, &f.doc, e);
  if (rc == 0 && !json_is_object(f.doc))
    rc = err_set(e, ERR_CONFIG, "%s: not a JSON object", path);
  if (rc != 0) {
    secret_file_close(&f);
    return rc;
  }
  inner = json_object_get(f.doc, "secret");
  f.bare = !json_is_object(inner);
  *out = f;
  return 0;
}

void secret_file_close(struct secret_file *f)
{
  json_decref(f->doc);
  free(f->path);
  free(f->journal);
  *f = (struct secret_file){0};
}

json_t *secret_file_get(const struct secret_file *f, const char *key)
{
  return f->bare ? NULL : json_object_get(f->doc, key);
}

int secret_file_state(const struct secret_file *f, json_t **out, struct err *e)
{
  json_t *secret = f->bare ? f->doc : json_object_get(f->doc, "secret");
  json_t *state =
      json_pack("{s:o, s:o*, s:o*}", "AWSCURRENT", json_deep_copy(secret),
                "admin", json_deep_copy(secret_file_get(f, "admin")), "options",
                json_deep_copy(secret_file_get(f, "options")));

  if (state == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  *out = state;
  return 0;
}

int secret_file_journal(const struct secret_file *f, const json_t *state,
                        struct err *e)
{
  return file_replace(f->journal, state, e);
}

int secret_file_save(struct secret_file *f, const json_t *state, struct err *e)
{
  json_t *current = json_object_get(state, "AWSCURRENT");

  if (f->bare) {
    json_decref(f->doc);
    f->doc = json_incref(current);
  } else if (json_object_set(f->doc, "secret", current) != 0) {
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  return file_replace(f->path, f->doc, e);
}

int secret_file_settle(const struct secret_file *f, struct err *e)
{
  if (unlink(f->journal) != 0 && errno != ENOENT)
    return err_set(e, ERR_IO, "cannot remove %s: %s", f->journal,
                   strerror(errno));
  return folder_sync(f->path, e);
}
