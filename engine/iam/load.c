/* Rows, sealed keys and tokens into principals. */
#include "iam/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int load_nobody(struct err *e)
{
  return err_set(e, ERR_NOT_FOUND,
                 "The security token included in the request is invalid.");
}

int load_user(const struct source *from, const char *access_key_id,
              struct answer *out, struct err *e)
{
  struct iam_key key = {0};
  CLEANUP_FREE struct iam_rights *rights = malloc(sizeof *rights);
  int rc = store_iam_key_find(from->store, access_key_id, &key, e);

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (rc == 0 && key.active)
    rc = store_iam_rights(from->store, key.user_id, rights, e);
  if (rc == -ERR_NO_ENTITY || (rc == 0 && !key.active))
    return load_nobody(e);
  if (rc != 0)
    return rc;
  rc = access_key_open(from->keyring, rights->entity.entity_id, &key, &out->key,
                       e);
  if (rc == 0)
    rc = principal_make_user(from->meta.account, rights, access_key_id,
                             &out->who, e);
  if (rc == 0)
    atomic_store(&out->who->used_day_us, key.used_us);
  iam_rights_release(rights);
  return rc;
}

/* What the session may do at most: *out is NULL when nothing was passed.
 * Managed policies are as they are now; one that is gone allows nothing. */
static int session_policy(const struct source *from, const struct session *s,
                          char **out, struct err *e)
{
  char *texts[SESSION_POLICIES_MAX + 1];
  size_t n = 0;
  int rc = 0;

  *out = NULL;
  if (s->policy == NULL && s->n_policy_ids == 0)
    return 0;
  for (size_t i = 0; rc == 0 && i < s->n_policy_ids; i++) {
    struct iam_entity policy;

    rc = store_iam_by_entity_id(from->store, s->policy_ids[i], &policy, e);
    if (rc == 0)
      rc = store_iam_document(from->store, policy.id, &texts[n], e);
    n += rc == 0;
    if (rc == -ERR_NO_ENTITY) {
      err_clear(e);
      rc = 0;
    }
  }
  if (rc == 0 && s->policy != NULL) {
    texts[n] = strdup(s->policy);
    rc = texts[n++] == NULL ? err_set(e, ERR_NOMEM, "out of memory") : 0;
  }
  if (rc == 0)
    rc = session_policy_merge((const char *const *)texts, n, out, e);
  while (n > 0)
    free(texts[--n]);
  return rc;
}

static int session_principal(const struct source *from, const struct session *s,
                             struct held **out, struct err *e)
{
  CLEANUP_FREE struct iam_rights *rights = calloc(1, sizeof *rights);
  CLEANUP_FREE char *policy = NULL;
  struct iam_entity role;
  int rc = store_iam_by_entity_id(from->store, s->role_id, &role, e);

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  if (rc == 0)
    rc = store_iam_rights(from->store, role.id, rights, e);
  if (rc == -ERR_NO_ENTITY)
    return load_nobody(e);
  if (rc == 0)
    rc = session_policy(from, s, &policy, e);
  if (rc == 0)
    rc = principal_make_session(from->meta.account, rights, s, policy, out, e);
  iam_rights_release(rights);
  return rc;
}

int load_session(const struct source *from, const char *access_key_id,
                 const char *token, struct answer *out, struct err *e)
{
  CLEANUP_FREE struct session *s = calloc(1, sizeof *s);
  int rc;

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = session_open(from->keyring, from->meta.store_id, access_key_id, token, s,
                    e);
  if (rc != 0)
    return rc;
  rc = session_principal(from, s, &out->who, e);
  if (rc == 0) {
    out->key = s->key;
    s->key = (struct secret){0}; /* transferred */
  }
  session_release(s);
  return rc;
}

/* A session as any of the role's might be. */
static int find_role(const struct source *from, const struct iam_entity *role,
                     struct held **out, struct err *e)
{
  CLEANUP_FREE struct session *s = calloc(1, sizeof *s);

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  (void)snprintf(s->role_id, sizeof s->role_id, "%s", role->entity_id);
  (void)snprintf(s->name, sizeof s->name, "explain");
  return session_principal(from, s, out, e);
}

static int find_user(const struct source *from, const struct iam_entity *user,
                     struct held **out, struct err *e)
{
  CLEANUP_FREE struct iam_rights *rights = malloc(sizeof *rights);
  int rc;

  if (rights == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = store_iam_rights(from->store, user->id, rights, e);
  if (rc == 0)
    rc = principal_make_user(from->meta.account, rights, "", out, e);
  iam_rights_release(rights);
  return rc;
}

/* What stands behind "arn:aws:iam::ACCOUNT:", or the text itself. */
static const char *without_arn(const struct source *from, const char *name)
{
  char head[40];
  int n = snprintf(head, sizeof head, "arn:aws:iam::%s:", from->meta.account);

  return strncmp(name, head, (size_t)n) == 0 ? name + n : name;
}

bool load_is_root(const struct source *from, const char *name)
{
  return strcmp(without_arn(from, name), "root") == 0;
}

int load_named(const struct source *from, const char *name, struct held **out,
               struct err *e)
{
  const char *at = without_arn(from, name), *slash = strchr(at, '/');
  bool is_user = strncmp(at, "user/", 5) == 0,
       is_role = strncmp(at, "role/", 5) == 0;
  struct iam_entity entity;
  int rc;

  if (!is_user && !is_role)
    return err_set(e, ERR_NO_ENTITY,
                   "'%.140s' is nobody: write user/NAME, role/NAME or root.",
                   name);
  if (at != name) /* an ARN may have a path */
    slash = strrchr(at, '/');
  rc = store_iam_find(from->store, is_user ? IAM_USER : IAM_ROLE, slash + 1,
                      &entity, e);
  if (rc != 0)
    return rc;
  return is_user ? find_user(from, &entity, out, e)
                 : find_role(from, &entity, out, e);
}
