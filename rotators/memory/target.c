/* The file, its lock, its accounts. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR(t, code, ...) (t)->step->host->error((t)->step, code, __VA_ARGS__)

/* The class of a failed system call on the target's file. */
static int file_class(struct target *t, const char *what)
{
  int saved = errno;

  ERROR(t, "target-file", "cannot %s %s: %s", what, t->path, strerror(saved));
  if (saved == ENOENT || saved == ENOTDIR)
    return KT_UNREACHABLE;
  if (saved == EACCES || saved == EPERM || saved == EROFS)
    return KT_DENIED;
  return KT_BUSY;
}

static int lock_take(struct target *t)
{
  char path[4096];

  if (access(t->path, F_OK) != 0)
    return file_class(t, "open");
  if (snprintf(path, sizeof path, "%s.lock", t->path) >= (int)sizeof path)
    return KT_CONFIG;
  t->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (t->lock_fd < 0 || flock(t->lock_fd, LOCK_EX) != 0)
    return file_class(t, "lock");
  return KT_OK;
}

static int doc_read(struct target *t)
{
  json_error_t e;

  t->doc = json_load_file(t->path, JSON_REJECT_DUPLICATES, &e);
  if (t->doc == NULL && json_error_code(&e) == json_error_cannot_open_file)
    return file_class(t, "open");
  if (!json_is_object(t->doc) ||
      !json_is_object(json_object_get(t->doc, "accounts"))) {
    ERROR(t, "target-json",
          "%s holds no JSON object with \"accounts\"; see the rotator's "
          "README",
          t->path);
    return KT_CONFIG;
  }
  return KT_OK;
}

int target_open(struct kt_step *step, struct target *out)
{
  struct target t = {.step = step, .lock_fd = -1};
  int rc = step->host->get_field(step, KT_SECRET, NULL, "target", &t.path);

  if (rc == KT_OK)
    rc = step->host->get_field(step, KT_SECRET, NULL, "username", &t.user);
  if (rc != KT_OK) {
    ERROR(&t, "secret-field", "the secret needs target and username");
    return rc;
  }
  rc = lock_take(&t);
  if (rc == KT_OK)
    rc = doc_read(&t);
  if (rc != KT_OK) {
    target_close(&t);
    return rc;
  }
  *out = t;
  return KT_OK;
}

void target_close(struct target *t)
{
  json_decref(t->doc);
  if (t->lock_fd >= 0)
    (void)close(t->lock_fd); /* gives the lock up, whatever it says */
  t->doc = NULL;
  t->lock_fd = -1;
}

int target_write(struct target *t)
{
  struct stat st;
  char path[4096];
  int fd, rc;

  if (snprintf(path, sizeof path, "%s.new", t->path) >= (int)sizeof path)
    return KT_CONFIG;
  /* The new file is as the old one: mode, and the owner where we may. */
  if (stat(t->path, &st) != 0)
    return file_class(t, "open");
  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return file_class(t, "write");
  if (fchown(fd, st.st_uid, st.st_gid) == 0 || errno == EPERM)
    rc = fchmod(fd, st.st_mode & 0777);
  else
    rc = -1;
  if (rc == 0)
    rc = json_dumpfd(t->doc, fd, JSON_INDENT(2));
  if (close(fd) != 0 || rc != 0 || rename(path, t->path) != 0) {
    (void)unlink(path);
    return file_class(t, "write");
  }
  return KT_OK;
}

static json_t *passwords(const struct target *t)
{
  return json_object_get(json_object_get(t->doc, "accounts"), t->user);
}

bool target_accepts(const struct target *t, const char *password)
{
  const char *accepted;
  json_t *one;
  size_t i;

  json_array_foreach (passwords(t), i, one) {
    accepted = json_string_value(one);
    if (accepted != NULL && strcmp(accepted, password) == 0)
      return true;
  }
  return false;
}

int target_login(struct target *t, const char *password)
{
  json_t *limit = json_object_get(t->doc, "lock_after");
  json_t *all = json_object_get(t->doc, "failed_logins");
  json_int_t failed = json_integer_value(json_object_get(all, t->user));

  if (passwords(t) == NULL) {
    ERROR(t, "account-missing", "%s has no account %s; create it", t->path,
          t->user);
    return KT_MISSING;
  }
  if (json_is_integer(limit) && failed >= json_integer_value(limit)) {
    ERROR(t, "account-locked",
          "account %s is locked after %d failed logins; set failed_logins to "
          "0 in %s",
          t->user, (int)failed, t->path);
    return KT_LOCKED;
  }
  if (target_accepts(t, password))
    return KT_OK;
  if (all == NULL) {
    all = json_object();
    (void)json_object_set_new(t->doc, "failed_logins", all);
  }
  if (json_object_set_new(all, t->user, json_integer(failed + 1)) != 0)
    return KT_BUSY;
  (void)target_write(t); /* the login failed anyway */
  ERROR(t, "login-refused", "%s refuses this password of account %s", t->path,
        t->user);
  return KT_AUTH;
}

int target_authorize(struct target *t, const char *password)
{
  const struct kt_host *host = t->step->host;
  const json_t *admin = json_object_get(t->doc, "admin");
  const char *name, *given, *known_name, *known;

  if (host->get_field(t->step, KT_ADMIN, NULL, "username", &name) != KT_OK ||
      host->get_field(t->step, KT_ADMIN, NULL, "password", &given) != KT_OK)
    return target_login(t, password);
  known_name = json_string_value(json_object_get(admin, "username"));
  known = json_string_value(json_object_get(admin, "password"));
  if (known_name == NULL || known == NULL || strcmp(known_name, name) != 0 ||
      strcmp(known, given) != 0) {
    ERROR(t, "admin-refused",
          "%s refuses the admin account %s; put its password right in the "
          "admin secret",
          t->path, name);
    return KT_DENIED;
  }
  if (passwords(t) == NULL) {
    ERROR(t, "account-missing", "%s has no account %s; create it", t->path,
          t->user);
    return KT_MISSING;
  }
  return KT_OK;
}

int target_set(struct target *t, const char *word, const char *first,
               const char *second)
{
  json_t *limit = json_object_get(t->doc, "min_length");
  json_t *list;
  int rc;

  if (json_is_integer(limit) &&
      (json_int_t)strlen(first) < json_integer_value(limit)) {
    ERROR(t, "too-short", "%s wants passwords of %d characters at least",
          t->path, (int)json_integer_value(limit));
    return KT_POLICY;
  }
  rc = t->step->host->mutating(t->step);
  if (rc != KT_OK)
    return rc;
  rc = target_switch_middle(t, word);
  if (rc != KT_OK)
    return rc;
  list = json_pack("[s, s*]", first, second);
  if (list == NULL || json_object_set_new(json_object_get(t->doc, "accounts"),
                                          t->user, list) != 0)
    return KT_BUSY;
  return target_write(t);
}
