/* session.c - the candidates of a login, tried in order, and the admin. */
#include "session.h"

#include <string.h>

int logins_read(struct kt_step *step, bool need_pending, struct logins *out)
{
  struct logins logins = {0};
  int r = login_read(step, "AWSCURRENT", &logins.current);
  if (r == KT_OK && need_pending)
    r = login_read(step, "AWSPENDING", &logins.pending);
  if (r != KT_OK)
    return r;
  r = login_read(step, "AWSPREVIOUS", &logins.previous);
  logins.has_previous = r == KT_OK;
  r = login_read_admin(step, &logins.current, &logins.admin, &logins.has_admin);
  if (r == KT_OK)
    *out = logins;
  return r;
}

int logins_require_same(struct kt_step *step, const struct logins *logins)
{
  if (login_is_same_user(&logins->pending, &logins->current))
    return KT_OK;
  step->host->error(step, "pending-differs",
                    "AWSPENDING names another user or server than AWSCURRENT: "
                    "only \"password\" may differ");
  return KT_CONFIG;
}

int logins_require_admin(struct kt_step *step, const struct logins *logins)
{
  if (logins->has_admin)
    return KT_OK;
  step->host->error(step, "admin-missing",
                    "this rotator needs an admin: name its secret in "
                    "\"masterarn\"");
  return KT_CONFIG;
}

/* A password that was refused once is not tried under another label: failed
 * logins feed whoever counts them. */
static bool was_tried(const struct login *const *logins, size_t i)
{
  for (size_t k = 0; k < i; k++)
    if (logins[k] && login_is_same_user(logins[k], logins[i]) &&
        strcmp(logins[k]->password, logins[i]->password) == 0)
      return true;
  return false;
}

int session_open_first(struct kt_step *step, const struct login *const *logins,
                       size_t n, unsigned flags, struct db *out,
                       const struct login **out_used)
{
  int r = KT_AUTH;
  for (size_t i = 0; i < n && r == KT_AUTH; i++) {
    if (!logins[i] || was_tried(logins, i))
      continue;
    r = db_open(step, logins[i], flags, out);
    if (r == KT_OK)
      *out_used = logins[i];
  }
  return r;
}

int session_open_admin(struct kt_step *step, const struct logins *logins,
                       struct db *out)
{
  struct db db = {0};
  int r = db_open(step, &logins->admin, 0, &db);
  if (r == KT_AUTH) {
    /* KT_AUTH would send the engine looking for other passwords. */
    step->host->error(step, "admin-refused",
                      "the server refuses the admin \"%s\": correct or rotate "
                      "the admin secret",
                      logins->admin.username);
    return KT_DENIED;
  }
  if (r == KT_OK)
    r = db_require_primary(&db);
  if (r != KT_OK) {
    db_close(&db);
    return r;
  }
  *out = db;
  return KT_OK;
}

int session_try(struct kt_step *step, const struct login *login)
{
  struct db db = {0};
  int r = db_open(step, login, DB_EVEN_EXPIRED, &db);
  db_close(&db);
  return r;
}

int session_judge_drift(struct kt_step *step, const char *user,
                        const char *host)
{
  if (option_is_true(step, "repair")) {
    step->host->log(step, KT_WARN,
                    "no stored password of '%s'@'%s' works; the admin sets it, "
                    "as the option repair allows",
                    user, host);
    return KT_OK;
  }
  step->host->error(step, "password-drifted",
                    "no stored password of '%s'@'%s' works: somebody changed "
                    "it; set the option repair to let the admin set it",
                    user, host);
  return KT_AUTH;
}
