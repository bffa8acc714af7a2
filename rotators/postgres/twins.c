/* twins.c - which three roles an alternating secret means.
 *
 * The members "owner", "login_a" and "login_b" name them.  Without "owner" it
 * is the user name less its "_a" or "_b"; without the logins they are the
 * owner's name with "_a" and "_b".  A user that fits neither is a plain one:
 * with the option `adopt` it becomes the owner itself.
 */
#include "twins.h"

#include <string.h>

static char *join(struct kt_step *step, const char *name, size_t len,
                  const char *suffix)
{
  size_t suffix_len = strlen(suffix);
  char *joined = step->host->scratch(step, len + suffix_len + 1);
  if (!joined) {
    step->host->error(step, "no-memory", "no memory for a role's name");
    return NULL;
  }
  memcpy(joined, name, len);
  memcpy(joined + len, suffix, suffix_len + 1);
  return joined;
}

static int refuse(struct kt_step *step, const char *code, const char *why)
{
  step->host->error(step, code, "%s", why);
  return KT_CONFIG;
}

int twins_owner(struct kt_step *step, const struct login *login,
                const char **out_owner)
{
  const char *owner = NULL, *user = login->username;
  size_t len = strlen(user);
  int r = field_read(step, KT_SECRET, login->stage, "owner", &owner);
  if (r != KT_OK)
    return r;
  if (!owner && len > 2 &&
      (strcmp(user + len - 2, "_a") == 0 || strcmp(user + len - 2, "_b") == 0))
    owner = join(step, user, len - 2, "");
  else if (!owner)
    owner = user;
  if (!owner)
    return KT_BUSY;
  *out_owner = owner;
  return KT_OK;
}

static int read_login(struct kt_step *step, const char *stage,
                      const char *member, const char *owner, const char *suffix,
                      const char **out_login)
{
  const char *login = NULL;
  int r = field_read(step, KT_SECRET, stage, member, &login);
  if (r != KT_OK)
    return r;
  if (!login)
    login = join(step, owner, strlen(owner), suffix);
  if (!login)
    return KT_BUSY;
  if (strlen(login) > NAME_MAX_BYTES)
    return refuse(step, "name-too-long",
                  "PostgreSQL names have at most 63 bytes: give the secret a "
                  "shorter \"owner\", or \"login_a\" and \"login_b\"");
  *out_login = login;
  return KT_OK;
}

static int choose_next(struct kt_step *step, const struct login *current,
                       struct twins *twins)
{
  if (strcmp(twins->login[0], twins->login[1]) == 0 ||
      strcmp(twins->login[0], twins->owner) == 0 ||
      strcmp(twins->login[1], twins->owner) == 0)
    return refuse(step, "names-alike",
                  "\"owner\", \"login_a\" and \"login_b\" must be three roles");
  if (strcmp(current->username, twins->login[0]) == 0) {
    twins->next = twins->login[1];
  } else if (strcmp(current->username, twins->login[1]) == 0) {
    twins->next = twins->login[0];
  } else if (!option_is_true(step, "adopt")) {
    step->host->error(step, "not-a-twin",
                      "\"%s\" is neither \"%s\" nor \"%s\": set the option "
                      "adopt to turn a plain user into the owner of two logins",
                      current->username, twins->login[0], twins->login[1]);
    return KT_CONFIG;
  } else if (strcmp(current->username, twins->owner) != 0) {
    return refuse(step, "adopt-owner",
                  "adopting makes the user itself the owner: leave \"owner\" "
                  "out of the secret, or give it the user's name");
  } else {
    twins->is_adopting = true;
    twins->next = twins->login[0];
  }
  return KT_OK;
}

int twins_read(struct kt_step *step, const struct login *current,
               struct twins *out)
{
  struct twins twins = {0};
  int r = twins_owner(step, current, &twins.owner);
  if (r == KT_OK)
    r = read_login(step, current->stage, "login_a", twins.owner, "_a",
                   &twins.login[0]);
  if (r == KT_OK)
    r = read_login(step, current->stage, "login_b", twins.owner, "_b",
                   &twins.login[1]);
  if (r == KT_OK)
    r = choose_next(step, current, &twins);
  if (r == KT_OK)
    *out = twins;
  return r;
}
