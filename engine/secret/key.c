/* Spellings of keys, one after the other. */
#include "secret/key.h"

#include <stdio.h>
#include <string.h>

#define ALIAS        "alias/"
#define DEFAULT_NAME "aws/secretsmanager"

static const char alias_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789/_-";

static bool starts(const char *text, const char *with)
{
  return strncmp(text, with, strlen(with)) == 0;
}

/* `which` is as the client spelled it: it must not break the line. */
static int no_key(const char *what, const char *which, const char *how,
                  struct err *e)
{
  char shown[301];

  (void)snprintf(shown, sizeof shown, "%s", which); /* cut is fine */
  for (char *p = shown; *p != '\0'; p++)
    if ((unsigned char)*p < 0x20 || *p == 0x7f)
      *p = '?';
  return err_set(e, ERR_ENCRYPT,
                 "Secrets Manager can't encrypt the secret value: %s%s%s "
                 "(Service: AWSKMS; Status Code: 400; Error Code: "
                 "NotFoundException)",
                 what, shown, how);
}

void key_arn(const struct key_place *at, const char *id_or_alias,
             char out[KEY_ARN_MAX])
{
  /* Cut: only of what is no key's name, in a message. */
  (void)snprintf(out, KEY_ARN_MAX, "arn:aws:kms:%s:%s:%s%s", at->region,
                 at->account, starts(id_or_alias, ALIAS) ? "" : "key/",
                 id_or_alias);
}

static int by_alias(struct store *s, const struct key_place *at,
                    const char *alias, char out_id[UUID_TEXT_LEN + 1],
                    struct err *e)
{
  char arn[KEY_ARN_MAX];
  struct err inner = {0};
  int rc = store_kms_key_by_alias(s, alias, out_id, &inner);

  if (rc == -ERR_NOT_FOUND) {
    key_arn(at, alias, arn);
    return no_key("Alias ", arn, " is not found.", e);
  }
  return rc != 0 ? err_set(e, inner.code, "%s", inner.text) : 0;
}

static int by_id(const struct keyring *k, const struct key_place *at,
                 const char *id, char out_id[UUID_TEXT_LEN + 1], struct err *e)
{
  const char *fallback = keyring_default(k);
  char arn[KEY_ARN_MAX];

  if (strlen(id) != UUID_TEXT_LEN || !keyring_has(k, id)) {
    key_arn(at, id, arn);
    return no_key("Key '", arn, "' does not exist", e);
  }
  memcpy(out_id, id, UUID_TEXT_LEN + 1);
  if (fallback != NULL && strcmp(id, fallback) == 0)
    out_id[0] = '\0';
  return 0;
}

/* The part of an ARN of this account and region that names a key, or NULL. */
static const char *in_arn(const struct key_place *at, const char *arn)
{
  char prefix[KEY_ARN_MAX];
  int n = snprintf(prefix, sizeof prefix, "arn:aws:kms:%s:%s:", at->region,
                   at->account);

  return n > 0 && starts(arn, prefix) ? arn + n : NULL;
}

int key_resolve(struct store *s, const struct keyring *k,
                const struct key_place *at, const char *spelled,
                char out_id[UUID_TEXT_LEN + 1], struct err *e)
{
  const char *name = spelled;

  if (starts(spelled, "arn:")) {
    name = in_arn(at, spelled);
    if (name == NULL || (!starts(name, "key/") && !starts(name, ALIAS)))
      return no_key("Key '", spelled, "' does not exist", e);
    if (starts(name, "key/"))
      return by_id(k, at, name + strlen("key/"), out_id, e);
  }
  if (name[0] == '\0' || strcmp(name, KEY_DEFAULT_ALIAS) == 0 ||
      strcmp(name, DEFAULT_NAME) == 0) {
    out_id[0] = '\0';
    return 0;
  }
  return starts(name, ALIAS) ? by_alias(s, at, name, out_id, e)
                             : by_id(k, at, name, out_id, e);
}

int key_alias_check(const char *alias, struct err *e)
{
  size_t len = strlen(alias);

  if (!starts(alias, ALIAS) || len == strlen(ALIAS) || len > 256 ||
      strspn(alias, alias_chars) != len || starts(alias, ALIAS "aws/"))
    return err_set(e, ERR_VALIDATION,
                   "'%.80s' is no alias for a key: write alias/NAME, of "
                   "letters, digits and / _ -; alias/aws/ is reserved",
                   alias);
  return 0;
}
