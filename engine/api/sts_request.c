/* AssumeRole's parameters, held against the limits of AWS's documentation. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/sts_assume.h"

#define DURATION_S   3600 /* unless DurationSeconds says otherwise */
#define NAME_LETTERS "+=,.@-_"

int sts_refuse(struct sts_call *c, const char *value, const char *member,
               const char *what)
{
  return err_set(c->e, ERR_VALIDATION,
                 "1 validation error detected: Value %s%.100s%s at '%s' "
                 "failed to satisfy constraint: Member must %s",
                 value == NULL ? "" : "'", value == NULL ? "null" : value,
                 value == NULL ? "" : "'", member, what);
}

static bool is_of(const char *text, const char *others)
{
  for (; *text != '\0'; text++)
    if (!isalnum((unsigned char)*text) && strchr(others, *text) == NULL)
      return false;
  return true;
}

/* A parameter of min to max letters, digits and `others`. */
static int take(struct asked *a, const char *name, bool required, size_t min,
                size_t max, const char *others, const char **out)
{
  const char *text = form_get(a->in, name);
  char member[40], what[80];

  (void)snprintf(member, sizeof member, "%c%s", name[0] | 0x20, name + 1);
  *out = text;
  if (text == NULL)
    return required ? sts_refuse(a->c, NULL, member, "not be null") : 0;
  if (strlen(text) < min || strlen(text) > max) {
    bool is_short = strlen(text) < min;

    (void)snprintf(what, sizeof what, "have length %s than or equal to %zu",
                   is_short ? "greater" : "less", is_short ? min : max);
    return sts_refuse(a->c, text, member, what);
  }
  if (others != NULL && !is_of(text, others)) {
    (void)snprintf(what, sizeof what,
                   "satisfy regular expression pattern: [\\w%s]*", others);
    return sts_refuse(a->c, text, member, what);
  }
  return 0;
}

static int take_duration(struct asked *a)
{
  const char *text = form_get(a->in, "DurationSeconds");
  char *end;

  a->duration_s = DURATION_S;
  if (text == NULL)
    return 0;
  a->duration_s = strtoll(text, &end, 10);
  if (!isdigit((unsigned char)text[0]) || *end != '\0')
    return sts_refuse(a->c, text, "durationSeconds", "be a number");
  if (a->duration_s < IAM_MIN_SESSION_S)
    return sts_refuse(a->c, text, "durationSeconds",
                      "have value greater than or equal to 900");
  if (a->duration_s > IAM_MAX_SESSION_S)
    return sts_refuse(a->c, text, "durationSeconds",
                      "have value less than or equal to 43200");
  return 0;
}

static int take_tag(struct asked *a, unsigned n, const char *key)
{
  struct session *s = &a->session;
  const char *value = form_member(a->in, "Tags", n, "Value");
  struct tag *tag = &s->tags[s->n_tags];

  if (s->n_tags == STORE_TAGS)
    return sts_refuse(a->c, key, "tags",
                      "have length less than or equal to 50");
  if (value == NULL)
    return sts_refuse(a->c, NULL, "tags.value", "not be null");
  if (key[0] == '\0' || strlen(key) >= sizeof tag->key)
    return sts_refuse(a->c, key, "tags.key", "have a length of 1 to 128");
  if (strlen(value) >= sizeof tag->value)
    return sts_refuse(a->c, value, "tags.value",
                      "have length less than or equal to 256");
  if (strncasecmp(key, "aws:", 4) == 0)
    return sts_refuse(a->c, key, "tags.key", "not begin with aws:");
  for (size_t i = 0; i < s->n_tags; i++)
    if (strcasecmp(s->tags[i].key, key) == 0)
      return err_set(a->c->e, ERR_PARAMETER,
                     "Duplicate tag keys found. Please note that Tag keys are "
                     "case insensitive.");
  (void)snprintf(tag->key, sizeof tag->key, "%s", key);
  (void)snprintf(tag->value, sizeof tag->value, "%s", value);
  a->tag_keys[s->n_tags++] = tag->key;
  return 0;
}

static int take_tags(struct asked *a)
{
  const char *key;
  int rc = 0;

  for (unsigned n = 1;
       rc == 0 && (key = form_member(a->in, "Tags", n, "Key")) != NULL; n++)
    rc = take_tag(a, n, key);
  return rc;
}

/* What we do not do is not passed over in silence. */
static int take_nothing_else(struct asked *a)
{
  static const char *const others[] = {"SerialNumber", "TokenCode"};

  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (form_get(a->in, others[i]) != NULL)
      return err_set(a->c->e, ERR_PARAMETER,
                     "%s: this server knows no multi-factor authentication.",
                     others[i]);
  if (form_member(a->in, "TransitiveTagKeys", 1, NULL) != NULL)
    return err_set(a->c->e, ERR_PARAMETER,
                   "TransitiveTagKeys: tags of a session are not handed on to "
                   "the next.");
  return 0;
}

int sts_asked_read(struct asked *a)
{
  int rc;

  if ((rc = take(a, "RoleArn", true, 20, 2048, NULL, &a->role_arn)) != 0 ||
      (rc = take(a, "RoleSessionName", true, 2, 64, NAME_LETTERS, &a->name)) !=
          0 ||
      (rc = take(a, "ExternalId", false, 2, 1224, NAME_LETTERS ":/",
                 &a->external_id)) != 0 ||
      (rc = take(a, "SourceIdentity", false, 2, 64, NAME_LETTERS,
                 &a->source_identity)) != 0 ||
      (rc = take(a, "Policy", false, 1, SESSION_POLICY_MAX, NULL,
                 &a->policy)) != 0 ||
      (rc = take_duration(a)) != 0 || (rc = take_tags(a)) != 0)
    return rc;
  (void)snprintf(a->duration, sizeof a->duration, "%lld",
                 (long long)a->duration_s);
  return take_nothing_else(a);
}
