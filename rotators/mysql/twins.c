/* twins.c - which role and which two users an alternating secret means.
 *
 * The members "role", "login_a" and "login_b" name them.  Without "role" it is
 * the user name less its "_a" or "_b"; without the users they are the role's
 * name with "_a" and "_b".
 */
#include "twins.h"

#include <string.h>

static char *join(struct kt_step *step, const char *name, size_t len,
                  const char *suffix)
{
  size_t suffix_len = strlen(suffix);
  char *joined = step->host->scratch(step, len + suffix_len + 1);
  if (!joined) {
    step->host->error(step, "no-memory", "no memory for a user's name");
    return NULL;
  }
  memcpy(joined, name, len);
  memcpy(joined + len, suffix, suffix_len + 1);
  return joined;
}

int twins_role(struct kt_step *step, const struct login *login,
               const char **out_role)
{
  const char *role = NULL, *user = login->username;
  size_t len = strlen(user);
  int r = field_read(step, KT_SECRET, login->stage, "role", &role);
  if (r != KT_OK)
    return r;
  if (!role && len > 2 &&
      (strcmp(user + len - 2, "_a") == 0 ||
       strcmp(user + len - 2, "_b") == 0)) {
    role = join(step, user, len - 2, "");
    if (!role)
      return KT_BUSY;
  }
  if (!role) {
    step->host->error(step, "role-unknown",
                      "the secret needs \"role\", \"login_a\" and \"login_b\": "
                      "\"%s\" ends in neither _a nor _b",
                      user);
    return KT_CONFIG;
  }
  *out_role = role;
  return KT_OK;
}

static int read_login(struct kt_step *step, const char *stage,
                      const char *member, const char *role, const char *suffix,
                      const char **out_login)
{
  const char *login = NULL;
  int r = field_read(step, KT_SECRET, stage, member, &login);
  if (r != KT_OK)
    return r;
  if (!login)
    login = join(step, role, strlen(role), suffix);
  if (!login)
    return KT_BUSY;
  *out_login = login;
  return KT_OK;
}

static int choose_next(struct kt_step *step, const struct login *current,
                       struct twins *twins)
{
  const char *a = twins->login[0], *b = twins->login[1];
  if (strcmp(a, b) == 0 || strcmp(a, twins->role) == 0 ||
      strcmp(b, twins->role) == 0) {
    step->host->error(step, "names-alike",
                      "\"role\", \"login_a\" and \"login_b\" must be three "
                      "names");
    return KT_CONFIG;
  }
  if (strcmp(current->username, a) == 0) {
    twins->next = b;
  } else if (strcmp(current->username, b) == 0) {
    twins->next = a;
  } else {
    step->host->error(step, "not-a-twin",
                      "\"%s\" is neither \"%s\" nor \"%s\": correct "
                      "\"login_a\" and \"login_b\"",
                      current->username, a, b);
    return KT_CONFIG;
  }
  return KT_OK;
}

int twins_read(struct kt_step *step, const struct login *current,
               struct twins *out)
{
  struct twins twins = {0};
  int r = twins_role(step, current, &twins.role);
  if (r == KT_OK)
    r = read_login(step, current->stage, "login_a", twins.role, "_a",
                   &twins.login[0]);
  if (r == KT_OK)
    r = read_login(step, current->stage, "login_b", twins.role, "_b",
                   &twins.login[1]);
  if (r == KT_OK)
    r = choose_next(step, current, &twins);
  if (r == KT_OK)
    *out = twins;
  return r;
}
