/* Names, paths, tags, documents, and who is meant. */
#include "api/iam_input.h"

#include <stdio.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789+=,.@_-";

static int name_check(struct call *c, const char *member, size_t max,
                      const char **out)
{
  int rc = call_str(c, member, true, 1, max, out);

  if (rc == 0 && strspn(*out, letters) != strlen(*out))
    return err_set(c->e, ERR_VALIDATION,
                   "The specified value for %c%s is invalid. It must contain "
                   "only alphanumeric characters and/or the following: "
                   "+=,.@_-",
                   member[0] | 0x20, member + 1);
  return rc;
}

int iam_name(struct call *c, const char *member, enum iam_kind kind,
             const char **out)
{
  return name_check(c, member, kind == IAM_USER || kind == IAM_ROLE ? 64 : 128,
                    out);
}

int iam_policy_name(struct call *c, const char **out)
{
  return name_check(c, "PolicyName", 128, out);
}

int iam_path(struct call *c, const char **out)
{
  int rc = call_str(c, "Path", false, 1, 512, out);
  const char *p;

  if (rc != 0)
    return rc;
  if (*out == NULL)
    *out = "/";
  for (p = *out; *p > ' ' && *p < 0x7f; p++)
    ;
  if (*p != '\0' || (*out)[0] != '/' || p[-1] != '/')
    return err_set(c->e, ERR_VALIDATION,
                   "The specified value for path is invalid. It must begin "
                   "and end with / and contain only alphanumeric characters "
                   "and/or / characters.");
  return 0;
}

/* Of valid UTF-8, as jansson sees to. */
static size_t characters(const char *text)
{
  size_t n = 0;

  for (; *text != '\0'; text++)
    n += (*text & 0xc0) != 0x80;
  return n;
}

/* `size`: of `out`, four bytes a character. */
static int tag_text(struct call *c, const json_t *tag, const char *member,
                    size_t min, char *out, size_t size)
{
  const char *text = json_str(tag, member);
  size_t max = (size - 1) / 4;

  if (text == NULL || characters(text) < min || characters(text) > max)
    return err_set(c->e, ERR_VALIDATION,
                   "Each of Tags must have a %s of %zu to %zu characters.",
                   member, min, max);
  (void)snprintf(out, size, "%s", text); /* fits */
  return 0;
}

int iam_tags(struct call *c, bool required, struct tag out[STORE_TAGS],
             size_t *out_n)
{
  const json_t *tags = json_object_get(c->in, "Tags"), *one;
  size_t i, n = json_array_size(tags);

  if (tags != NULL && !json_is_null(tags) && !json_is_array(tags))
    return err_set(c->e, ERR_SERIALIZATION, "Tags must be a list");
  if (n > STORE_TAGS || (required && n == 0))
    return err_set(c->e, ERR_VALIDATION, "Tags must have %s1 to %d items.",
                   required ? "" : "none or ", STORE_TAGS);
  json_array_foreach (tags, i, one) {
    int rc = tag_text(c, one, "Key", 1, out[i].key, sizeof out[i].key);

    if (rc == 0)
      rc = tag_text(c, one, "Value", 0, out[i].value, sizeof out[i].value);
    if (rc != 0)
      return rc;
    if (strncasecmp(out[i].key, "aws:", 4) == 0)
      return err_set(c->e, ERR_VALIDATION,
                     "Tag keys cannot begin with aws:, which is reserved.");
    for (size_t j = 0; j < i; j++)
      if (strcasecmp(out[i].key, out[j].key) == 0)
        return err_set(c->e, ERR_VALIDATION,
                       "Duplicate tag keys found. Please note that Tag keys "
                       "are case insensitive.");
  }
  *out_n = n;
  return 0;
}

static int too_large(struct call *c, enum policy_kind kind, size_t max)
{
  return err_set(c->e, ERR_LIMIT, "Cannot exceed quota for %s: %zu",
                 kind == POLICY_TRUST ? "ACLSizePerRole" : "PolicySize", max);
}

int iam_document(struct call *c, const char *member, bool required,
                 enum policy_kind kind, size_t bytes_max, const char **out)
{
  struct policy *parsed;
  int rc = call_str(c, member, required, 1, POLICY_TEXT_MAX, out);

  if (rc != 0 || *out == NULL)
    return rc;
  if (iam_document_bytes(*out) > bytes_max)
    return too_large(c, kind, bytes_max);
  rc = policy_parse(*out, strlen(*out), kind, &parsed, c->e);
  if (rc == 0)
    policy_free(parsed);
  return rc;
}

static int kinds_wanted(struct call *c, const char *text, unsigned kinds)
{
  char list[64] = "";
  size_t n = 0;

  for (int k = IAM_USER; k <= IAM_POLICY; k++)
    if (kinds & KINDS(k))
      n += (size_t)snprintf(list + n, sizeof list - n, "%s%s/NAME",
                            n == 0 ? "" : ", ", iam_kind_name(k));
  return err_set(c->e, ERR_PARAMETER,
                 "'%.160s' does not say whom: write %s, or an ARN.", text,
                 list);
}

int iam_named(struct call *c, const char *text, unsigned kinds,
              struct iam_entity *out)
{
  char head[64];
  int head_len =
      snprintf(head, sizeof head, "arn:aws:iam::%s:", c->api->account);
  bool is_arn = strncmp(text, head, (size_t)head_len) == 0;
  const char *p = is_arn ? text + head_len : text;
  const char *slash = strchr(p, '/'), *name;

  for (int k = IAM_USER; slash != NULL && k <= IAM_POLICY; k++) {
    const char *word = iam_kind_name((enum iam_kind)k);

    if (!(kinds & KINDS(k)) || strlen(word) != (size_t)(slash - p) ||
        strncmp(p, word, strlen(word)) != 0)
      continue;
    name = is_arn ? strrchr(p, '/') + 1 : slash + 1;
    return store_iam_find(c->api->store, (enum iam_kind)k, name, out, c->e);
  }
  return kinds_wanted(c, text, kinds);
}

int iam_member(struct call *c, const char *member, unsigned kinds,
               struct iam_entity *out)
{
  const char *text;
  int rc = call_str(c, member, true, 1, 2048, &text);

  return rc == 0 ? iam_named(c, text, kinds, out) : rc;
}

int iam_done(struct call *c, int rc)
{
  if (rc != 0)
    return rc;
  directory_changed(c->api->directory);
  buf_puts(c->out, "{}");
  return 0;
}
