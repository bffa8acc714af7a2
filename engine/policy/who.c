/* Reads principals and compares them with the one who asks.  There are no
 * wildcards in them but "*" alone.
 */
#include "policy/who.h"

#include <string.h>

#define ACCOUNT_DIGITS 12
#define UNIQUE_ID_MIN  16 /* characters; AWS's have 21 */

static bool is_account(const char *text, size_t len)
{
  return len == ACCOUNT_DIGITS && strspn(text, "0123456789") >= len;
}

/* A path of pieces that are not empty; how many. */
static size_t pieces_count(const char *path)
{
  size_t n = 0;

  while (true) {
    size_t len = strcspn(path, "/");

    if (len == 0)
      return 0;
    n++;
    if (path[len] == '\0')
      return n;
    path += len + 1;
  }
}

static bool prefix_take(const char **text, const char *prefix)
{
  size_t len = strlen(prefix);

  if (strncmp(*text, prefix, len) != 0)
    return false;
  *text += len;
  return true;
}

/* What follows the account: "user/…", "role/…", or of a session. */
static bool is_entity(const char *name, bool sts)
{
  if (strchr(name, ':') != NULL)
    return false;
  if (sts)
    return (prefix_take(&name, "assumed-role/") && pieces_count(name) == 2) ||
           (prefix_take(&name, "federated-user/") && pieces_count(name) == 1);
  return (prefix_take(&name, "user/") || prefix_take(&name, "role/")) &&
         pieces_count(name) > 0;
}

/* arn:PARTITION:iam::ACCOUNT:NAME or arn:PARTITION:sts::ACCOUNT:NAME */
static bool arn_read(const char *text, struct who *out)
{
  const char *at = text, *account;
  bool sts;

  if (!prefix_take(&at, "arn:aws"))
    return false;
  at += strspn(at, "abcdefghijklmnopqrstuvwxyz-");
  sts = prefix_take(&at, ":sts::");
  if (!sts && !prefix_take(&at, ":iam::"))
    return false;
  account = at;
  at += strcspn(at, ":");
  if (!is_account(account, (size_t)(at - account)) || *at != ':')
    return false;
  at++;
  if (!sts && strcmp(at, "root") == 0) {
    *out = (struct who){WHO_ACCOUNT, account};
    return true;
  }
  *out = (struct who){WHO_ARN, text};
  return is_entity(at, sts);
}

/* What AWS shows in place of a user or role that is gone. */
static bool is_unique_id(const char *text)
{
  return (strncmp(text, "AIDA", 4) == 0 || strncmp(text, "AROA", 4) == 0) &&
         strlen(text) >= UNIQUE_ID_MIN &&
         text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

static bool aws_read(const char *text, struct who *out)
{
  if (strcmp(text, "*") == 0)
    *out = (struct who){WHO_ANYONE, text};
  else if (is_account(text, strlen(text)))
    *out = (struct who){WHO_ACCOUNT, text};
  else if (is_unique_id(text))
    *out = (struct who){WHO_ARN, text};
  else
    return arn_read(text, out);
  return true;
}

static bool is_service(const char *text)
{
  size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.");

  return text[len] == '\0' && strstr(text, ".amazonaws.com") != NULL;
}

bool who_read(const char *family, const char *text, struct who *out)
{
  struct who w = {WHO_OUTSIDER, text};

  if (strpbrk(text, "*?") != NULL && strcmp(text, "*") != 0)
    return false;
  if (strcmp(family, "AWS") == 0) {
    if (!aws_read(text, &w))
      return false;
  } else if (strcmp(family, "Service") == 0) {
    w.form = WHO_SERVICE;
    if (!is_service(text))
      return false;
  } else if (*text == '\0' || *text == '*' ||
             (strcmp(family, "Federated") != 0 &&
              strcmp(family, "CanonicalUser") != 0)) {
    return false;
  }
  *out = w;
  return true;
}

static enum naming naming(const struct who *w, const struct policy_request *r)
{
  switch (w->form) {
  case WHO_ANYONE:
    return NAMING_NAMED;
  case WHO_ACCOUNT:
    if (strncmp(w->text, r->principal_account, ACCOUNT_DIGITS) != 0)
      return NAMING_NONE;
    return r->is_root ? NAMING_NAMED : NAMING_ACCOUNT;
  case WHO_ARN:
    for (size_t i = 0; i < r->n_principal_arns; i++)
      if (strcmp(w->text, r->principal_arns[i]) == 0)
        return i == 0 ? NAMING_NAMED : NAMING_ROLE;
    return NAMING_NONE;
  default:
    return NAMING_NONE;
  }
}

enum naming who_named(const struct who *list, size_t n,
                      const struct policy_request *r)
{
  enum naming most = NAMING_NONE;

  for (size_t i = 0; i < n && most < NAMING_NAMED; i++) {
    enum naming one = naming(&list[i], r);

    if (one > most)
      most = one;
  }
  return most;
}

bool who_spared(const struct who *list, size_t n, bool deny,
                const struct policy_request *r)
{
  return who_named(list, n, r) >= (deny ? NAMING_NAMED : NAMING_ACCOUNT);
}
