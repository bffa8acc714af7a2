/* Tokens: {"k": secret key, "r": role id, "n": name, "i": issued, "e": expires,
 * "s": source identity, "p": policy, "m": [managed policy ids],
 * "t": [[key, value]]}, sealed.
 */
#include "iam/session.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "crypto/envelope.h"

#define PLAIN_MAX  (SESSION_TOKEN_MAX / 4 * 3 - ENVELOPE_OVERHEAD)
#define MERGED_MAX 131072

static const struct json_limits limits = {PLAIN_MAX, 4, 512};
static const struct json_limits document_limits = {MERGED_MAX, 16, 65536};

void session_release(struct session *s)
{
  secret_release(&s->key);
  free(s->policy);
  s->policy = NULL;
}

/* ---- sealing --------------------------------------------------------------
 */

static void write_lists(const struct session *s, struct buf *b)
{
  buf_json_key(b, "m");
  buf_putc(b, '[');
  for (size_t i = 0; i < s->n_policy_ids; i++) {
    if (i > 0)
      buf_putc(b, ',');
    buf_json_string(b, s->policy_ids[i], strlen(s->policy_ids[i]));
  }
  buf_putc(b, ']');
  buf_json_key(b, "t");
  buf_putc(b, '[');
  for (size_t i = 0; i < s->n_tags; i++) {
    buf_puts(b, i > 0 ? ",[" : "[");
    buf_json_string(b, s->tags[i].key, strlen(s->tags[i].key));
    buf_putc(b, ',');
    buf_json_string(b, s->tags[i].value, strlen(s->tags[i].value));
    buf_putc(b, ']');
  }
  buf_putc(b, ']');
}

static void write_plain(const struct session *s, struct buf *b)
{
  buf_putc(b, '{');
  buf_json_key(b, "k");
  buf_json_string(b, (const char *)s->key.data, s->key.len);
  buf_json_str(b, "r", s->role_id);
  buf_json_str(b, "n", s->name);
  buf_json_int(b, "i", s->issued_us);
  buf_json_int(b, "e", s->expires_us);
  if (s->source_identity[0] != '\0')
    buf_json_str(b, "s", s->source_identity);
  buf_json_str(b, "p", s->policy);
  write_lists(s, b);
  buf_putc(b, '}');
}

/* What a token is bound to. */
struct binding {
  char store[64];
  struct envelope_for of;
};

static const struct envelope_for *bind(struct binding *b, const char *store_id,
                                       const char *access_key_id)
{
  (void)snprintf(b->store, sizeof b->store, "keyturn-store:%s", store_id);
  b->of = (struct envelope_for){b->store, access_key_id, ENVELOPE_SESSION};
  return &b->of;
}

int session_seal(const struct keyring *k, const char *store_id,
                 const struct session *s, struct secret *out_token,
                 struct err *e)
{
  CLEANUP_FREE unsigned char *blob = NULL;
  CLEANUP_SECRET struct secret sealed = {0};
  CLEANUP_BUF struct buf plain;
  struct secret view;
  struct binding b;
  size_t len;
  int rc;

  buf_init(&plain, PLAIN_MAX, true);
  write_plain(s, &plain);
  if (plain.failed)
    return err_set(e, ERR_LIMIT,
                   "The policies and tags of this session are too large: at "
                   "most %d bytes fit a session token.",
                   PLAIN_MAX);
  view = (struct secret){(unsigned char *)plain.data, plain.len};
  rc = envelope_seal(k, bind(&b, store_id, s->access_key_id), NULL, &view,
                     &blob, &len, e);
  if (rc == 0)
    rc = secret_copy(blob, len, &sealed, e);
  return rc == 0 ? base64_encode(&sealed, out_token, e) : rc;
}

/* ---- opening --------------------------------------------------------------
 */

static int not_ours(struct err *e)
{
  return err_set(e, ERR_NOT_FOUND,
                 "The security token included in the request is invalid.");
}

static bool take_text(const json_t *in, const char *key, char *out, size_t size)
{
  const char *text = json_str(in, key);

  return text != NULL && (size_t)snprintf(out, size, "%s", text) < size;
}

static bool take_lists(const json_t *in, struct session *s)
{
  const json_t *one;
  size_t i;

  json_array_foreach (json_object_get(in, "m"), i, one) {
    const char *id = json_string_value(one);

    if (id == NULL || i >= SESSION_POLICIES_MAX || strlen(id) >= IAM_ID_MAX)
      return false;
    (void)snprintf(s->policy_ids[i], IAM_ID_MAX, "%s", id);
    s->n_policy_ids = i + 1;
  }
  json_array_foreach (json_object_get(in, "t"), i, one) {
    const char *key = json_string_value(json_array_get(one, 0));
    const char *value = json_string_value(json_array_get(one, 1));

    if (key == NULL || value == NULL || i >= STORE_TAGS ||
        strlen(key) >= sizeof s->tags[i].key ||
        strlen(value) >= sizeof s->tags[i].value)
      return false;
    (void)snprintf(s->tags[i].key, sizeof s->tags[i].key, "%s", key);
    (void)snprintf(s->tags[i].value, sizeof s->tags[i].value, "%s", value);
    s->n_tags = i + 1;
  }
  return true;
}

/* Only what we sealed comes here; what does not fit was made by a newer
 * version. */
static int take_plain(const json_t *in, struct session *s, struct err *e)
{
  const char *key = json_str(in, "k"), *policy = json_str(in, "p");

  if (key == NULL || !take_text(in, "r", s->role_id, sizeof s->role_id) ||
      !take_text(in, "n", s->name, sizeof s->name) || !take_lists(in, s))
    return not_ours(e);
  if (json_str(in, "s") != NULL &&
      !take_text(in, "s", s->source_identity, sizeof s->source_identity))
    return not_ours(e);
  s->issued_us = json_int(in, "i", 0);
  s->expires_us = json_int(in, "e", 0);
  if (policy != NULL && (s->policy = strdup(policy)) == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  return secret_copy(key, strlen(key), &s->key, e);
}

/* *out: the JSON inside. */
static int unseal(const struct keyring *k, const struct envelope_for *of,
                  const char *token, struct secret *out, struct err *e)
{
  CLEANUP_SECRET struct secret blob = {0};
  size_t len = strlen(token);

  if (len > SESSION_TOKEN_MAX || base64_decode(token, len, &blob, NULL) != 0 ||
      envelope_open(k, of, blob.data, blob.len, out, NULL) != 0)
    return not_ours(e);
  return 0;
}

int session_open(const struct keyring *k, const char *store_id,
                 const char *access_key_id, const char *token,
                 struct session *out, struct err *e)
{
  CLEANUP_SECRET struct secret plain = {0};
  CLEANUP_JSON json_t *in = NULL;
  struct session s = {0};
  struct binding b;
  int rc;

  if (strlen(access_key_id) != ACCESS_KEY_ID_LEN)
    return not_ours(e);
  (void)snprintf(s.access_key_id, sizeof s.access_key_id, "%s", access_key_id);
  rc = unseal(k, bind(&b, store_id, access_key_id), token, &plain, e);
  if (rc == 0)
    rc = json_read((const char *)plain.data, plain.len, &limits, &in, e);
  if (rc == 0)
    rc = take_plain(in, &s, e);
  if (rc != 0) {
    session_release(&s);
    return rc;
  }
  *out = s;
  return 0;
}

/* ---- policies -------------------------------------------------------------
 */

#define NOTHING                                                      \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\"," \
  "\"Action\":\"*\",\"Resource\":\"*\"}]}"

/* Statements lose their Sid, which must be unique in a document. */
static void statements_add(json_t *to, json_t *from)
{
  json_t *one;
  size_t i;

  if (json_is_object(from)) {
    (void)json_object_del(from, "Sid"); /* may have none */
    (void)json_array_append(to, from);
  }
  json_array_foreach (from, i, one)
    if (json_is_object(one)) {
      (void)json_object_del(one, "Sid");
      (void)json_array_append(to, one);
    }
}

static int document_add(json_t *to, const char *text, bool first, struct err *e)
{
  CLEANUP_JSON json_t *doc = NULL;
  const char *version;
  int rc = json_read(text, strlen(text), &document_limits, &doc, e);

  if (rc != 0)
    return rc;
  version = json_str(doc, "Version");
  if (version == NULL)
    version = "2008-10-17"; /* IAM's default */
  if (first)
    (void)json_object_set_new(to, "Version", json_string(version));
  else if (strcmp(json_str(to, "Version"), version) != 0)
    return err_set(e, ERR_PARAMETER,
                   "The policies of a session must have the same Version; "
                   "write 2012-10-17 in all of them.");
  statements_add(json_object_get(to, "Statement"),
                 json_object_get(doc, "Statement"));
  return 0;
}

static int into_buf(const char *text, size_t len, void *buf)
{
  buf_put(buf, text, len);
  return 0;
}

static int merge(const char *const *texts, size_t n, struct buf *out,
                 struct err *e)
{
  CLEANUP_JSON json_t *all = json_pack("{s:[]}", "Statement");
  int rc = 0;

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = document_add(all, texts[i], i == 0, e);
  if (rc == 0 && json_dump_callback(all, into_buf, out, JSON_COMPACT) != 0)
    rc = err_set(e, ERR_NOMEM, "out of memory");
  return rc == 0 ? buf_check(out, e) : rc;
}

int session_policy_merge(const char *const *texts, size_t n, char **out,
                         struct err *e)
{
  CLEANUP_BUF struct buf merged;
  char *text;
  int rc = 0;

  buf_init(&merged, MERGED_MAX, false);
  if (n > 1)
    rc = merge(texts, n, &merged, e);
  if (rc != 0)
    return rc;
  text = strdup(n == 0 ? NOTHING : n == 1 ? texts[0] : merged.data);
  if (text == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  *out = text;
  return 0;
}
