/* Takes the Authorization header apart.  It reads strictly: what a signer
 * would not write is refused, so that there is one reading of each header.
 */
#include "sigv4/authorization.h"

#include <stdio.h>
#include <string.h>

#define QUOTED_MAX 64 /* characters of the header that an error text shows */

struct slice {
  const char *text; /* NULL while unseen */
  size_t len;
};

static bool is_printable(const char *text)
{
  for (; *text != '\0'; text++)
    if (*text < ' ' || *text > '~')
      return false;
  return true;
}

static bool is_word(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool slice_is(struct slice s, const char *text)
{
  return s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static int quoted(struct slice s)
{
  return s.len < QUOTED_MAX ? (int)s.len : QUOTED_MAX;
}

static int word_copy(struct slice s, const char *what, char *out, size_t max,
                     struct err *e)
{
  bool ok = s.len > 0 && s.len <= max;

  for (size_t i = 0; ok && i < s.len; i++)
    ok = is_word(s.text[i]);
  if (!ok)
    return err_set(e, ERR_AUTH_INCOMPLETE, "'%.*s' is no %s, in Credential.",
                   quoted(s), s.text, what);
  memcpy(out, s.text, s.len);
  out[s.len] = '\0';
  return 0;
}

/* Cuts at slashes; false unless there are exactly n pieces. */
static bool slashes_split(struct slice s, struct slice *out, size_t n)
{
  const char *at = s.text, *end;

  if (at == NULL)
    return false;
  end = at + s.len;
  for (size_t i = 0; i < n; i++) {
    const char *slash = memchr(at, '/', (size_t)(end - at));

    if ((slash == NULL) != (i == n - 1))
      return false;
    out[i] = (struct slice){at, (size_t)((slash ? slash : end) - at)};
    at = slash ? slash + 1 : end;
  }
  return true;
}

static int credential_parse(struct slice s, struct authorization *out,
                            struct err *e)
{
  struct slice part[5];
  int rc;

  if (!slashes_split(s, part, 5))
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Credential must have exactly 5 slash-delimited elements, "
                   "e.g. keyid/date/region/service/term, got '%.*s'",
                   quoted(s), s.text);
  if ((rc = word_copy(part[0], "access key id", out->access_key_id,
                      ACCESS_KEY_ID_MAX, e)) != 0 ||
      (rc = word_copy(part[1], "date (YYYYMMDD)", out->scope.date,
                      STAMP_DATE_LEN, e)) != 0 ||
      (rc = word_copy(part[2], "region", out->scope.region, SCOPE_WORD_MAX,
                      e)) != 0 ||
      (rc = word_copy(part[3], "service", out->scope.service, SCOPE_WORD_MAX,
                      e)) != 0)
    return rc;
  if (!slice_is(part[4], SIGNATURE_END))
    return err_set(e, ERR_AUTH_SIGNATURE,
                   "Credential should be scoped with a valid terminator: "
                   "'%s', not '%.*s'.",
                   SIGNATURE_END, quoted(part[4]), part[4].text);
  return 0;
}

static bool is_header_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         (c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

/* -1, 0 or 1, of two names that end at ';' or at the end of the text. */
static int name_compare(const char *a, const char *b)
{
  size_t a_len = strcspn(a, ";"), b_len = strcspn(b, ";");
  int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* One spelling for one set of headers: lower case, sorted, each once. */
static bool names_are_canonical(const char *names)
{
  const char *before = NULL;

  while (true) {
    size_t len = strcspn(names, ";");

    if (len == 0 || (before != NULL && name_compare(before, names) >= 0))
      return false;
    for (size_t i = 0; i < len; i++)
      if (!is_header_char(names[i]))
        return false;
    if (names[len] == '\0')
      return true;
    before = names;
    names += len + 1;
  }
}

static int signed_headers_parse(struct slice s, struct authorization *out,
                                struct err *e)
{
  if (s.text != NULL && s.len <= SIGNED_HEADERS_MAX) {
    memcpy(out->signed_headers, s.text, s.len);
    out->signed_headers[s.len] = '\0';
    if (names_are_canonical(out->signed_headers))
      return 0;
  }
  return err_set(e, ERR_AUTH_INCOMPLETE,
                 "SignedHeaders must be header names in lower case, sorted, "
                 "each once, separated by semicolons, got '%.*s'",
                 quoted(s), s.text);
}

static int signature_parse(struct slice s, struct authorization *out,
                           struct err *e)
{
  bool ok = s.len == DIGEST_HEX_LEN;

  for (size_t i = 0; ok && i < s.len; i++)
    ok = (s.text[i] >= '0' && s.text[i] <= '9') ||
         (s.text[i] >= 'a' && s.text[i] <= 'f');
  if (!ok)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Signature must be %d lower-case hexadecimal digits.",
                   DIGEST_HEX_LEN);
  memcpy(out->signature, s.text, s.len);
  out->signature[s.len] = '\0';
  return 0;
}

struct parts {
  struct slice credential, signed_headers, signature;
};

static struct slice *part_named(struct parts *p, struct slice name)
{
  if (slice_is(name, "Credential"))
    return &p->credential;
  if (slice_is(name, "SignedHeaders"))
    return &p->signed_headers;
  if (slice_is(name, "Signature"))
    return &p->signature;
  return NULL;
}

/* One `Name=value`. */
static int part_put(struct slice pair, struct parts *p, struct err *e)
{
  const char *equal = memchr(pair.text, '=', pair.len);
  struct slice name, *into;

  if (equal == NULL)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "'%.*s' not a valid key=value pair (missing equal-sign) in "
                   "Authorization header.",
                   quoted(pair), pair.text);
  name = (struct slice){pair.text, (size_t)(equal - pair.text)};
  into = part_named(p, name);
  if (into == NULL)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Authorization header has an unknown parameter '%.*s'.",
                   quoted(name), name.text);
  if (into->text != NULL)
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Authorization header has the parameter '%.*s' twice.",
                   quoted(name), name.text);
  into->text = equal + 1;
  into->len = pair.len - name.len - 1;
  return 0;
}

/* Comma-separated, with spaces around commas and nowhere else. */
static int parts_split(const char *text, struct parts *p, struct err *e)
{
  text += strspn(text, " ");
  if (*text == '\0')
    return 0; /* every part is missing */
  while (true) {
    size_t len;
    struct slice pair;
    int rc;

    text += strspn(text, " ");
    len = strcspn(text, ",");
    pair = (struct slice){text, len};
    while (pair.len > 0 && pair.text[pair.len - 1] == ' ')
      pair.len--;
    rc = part_put(pair, p, e);
    if (rc != 0)
      return rc;
    if (text[len] == '\0')
      return 0;
    text += len + 1;
  }
}

static int parts_missing(const struct parts *p, struct err *e)
{
  char text[256];

  if (p->credential.text != NULL && p->signature.text != NULL &&
      p->signed_headers.text != NULL)
    return 0;
  (void)snprintf(text, sizeof text, "%s%s%s",
                 p->credential.text != NULL
                     ? ""
                     : " Authorization header requires 'Credential' parameter.",
                 p->signature.text != NULL
                     ? ""
                     : " Authorization header requires 'Signature' parameter.",
                 p->signed_headers.text != NULL
                     ? ""
                     : " Authorization header requires 'SignedHeaders' "
                       "parameter.");
  return err_set(e, ERR_AUTH_INCOMPLETE, "%s", text + 1);
}

int authorization_parse(const char *value, struct authorization *out,
                        struct err *e)
{
  struct authorization a;
  struct parts p = {{0}, {0}, {0}};
  struct slice scheme;
  int rc;

  if (!is_printable(value))
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Authorization header has characters that are not "
                   "printable ASCII.");
  value += strspn(value, " ");
  scheme = (struct slice){value, strcspn(value, " ")};
  if (!slice_is(scheme, SIGNATURE_ALGORITHM))
    return err_set(e, ERR_AUTH_INCOMPLETE,
                   "Authorization header requires the algorithm '%s'.",
                   SIGNATURE_ALGORITHM);
  if ((rc = parts_split(value + scheme.len, &p, e)) != 0 ||
      (rc = parts_missing(&p, e)) != 0 ||
      (rc = credential_parse(p.credential, &a, e)) != 0 ||
      (rc = signed_headers_parse(p.signed_headers, &a, e)) != 0 ||
      (rc = signature_parse(p.signature, &a, e)) != 0)
    return rc;
  *out = a;
  return 0;
}

bool authorization_covers(const struct authorization *a, const char *name)
{
  const char *at = a->signed_headers;

  while (*at != '\0') {
    size_t len = strcspn(at, ";");

    if (strncmp(at, name, len) == 0 && name[len] == '\0')
      return true;
    at += len + (at[len] == ';');
  }
  return false;
}
