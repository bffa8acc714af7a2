/* A whole signed request: the Authorization header taken apart, and the
 * signature verified.
 *
 * Input: METHOD PATH, a line for each header (NAME:VALUE), an empty line, the
 * body.  What is accepted must be what our own signer makes of the headers
 * that are signed: there is no other way in.
 */
#include "sigv4/authorization.h"

#include "base/cleanup.h"
#include "fuzz.h"
#include "sigv4/sign.h"
#include "sigv4/verify.h"

#define KEY_ID  "AKIDEXAMPLE"
#define KEY     "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN   "session/token=="
#define REGION  "eu-west-1"
#define SERVICE "secretsmanager"
#define NOW_US  INT64_C(1772409510000000) /* 20260301T235830Z */

enum { HEADERS_MAX = 32 };

struct input {
  char *text;
  struct sigv4_header headers[HEADERS_MAX];
  struct sigv4_request r;
};

static int key_find(void *ctx, const char *id, struct sigv4_key *out,
                    struct err *e)
{
  bool *has_session = ctx;
  int rc;

  *has_session = strcmp(id, "ASIAEXAMPLE") == 0;
  if (strcmp(id, KEY_ID) != 0 && !*has_session)
    return err_set(e, ERR_NOT_FOUND, "no such key");
  rc = secret_copy(KEY, strlen(KEY), &out->secret_access_key, e);
  if (rc == 0 && *has_session)
    rc = secret_copy(TOKEN, strlen(TOKEN), &out->session_token, e);
  return rc;
}

/* Cuts at the end of a line; NULL at the end of the text. */
static char *line_take(char **at)
{
  char *line = *at, *end;

  if (line == NULL)
    return NULL;
  end = strchr(line, '\n');
  *at = end == NULL ? NULL : end + 1;
  if (end != NULL)
    *end = '\0';
  return line;
}

static bool input_read(const uint8_t *data, size_t len, struct input *in)
{
  char *at, *line, *space;
  size_t n = 0;

  in->text = at = fuzz_text(data, len);
  line = line_take(&at);
  space = strchr(line, ' ');
  if (space == NULL)
    return false;
  *space = '\0';
  in->r = (struct sigv4_request){.method = line, .path = space + 1};
  while ((line = line_take(&at)) != NULL && *line != '\0') {
    char *colon = strchr(line, ':');

    if (colon == NULL || n == HEADERS_MAX)
      return false;
    *colon = '\0';
    for (char *c = line; *c != '\0'; c++)
      if (*c >= 'A' && *c <= 'Z')
        *c |= 0x20; /* as the HTTP parser gives them */
    in->headers[n++] = (struct sigv4_header){line, colon + 1};
  }
  in->r.headers = in->headers;
  in->r.n_headers = n;
  in->r.body = at == NULL ? "" : at;
  in->r.body_len = at == NULL ? 0 : len - (size_t)(at - in->text);
  return true;
}

static const char *header_of(const struct input *in, const char *name)
{
  for (size_t i = 0; i < in->r.n_headers; i++)
    if (strcmp(in->headers[i].name, name) == 0)
      return in->headers[i].value;
  return NULL;
}

/* Whatever is taken apart goes together again to one that reads the same. */
static void header_check(const char *value)
{
  struct authorization a, again;
  struct err e = {0};
  char text[SIGN_VALUE_MAX + ACCESS_KEY_ID_MAX];

  if (authorization_parse(value, &a, &e) != 0) {
    CLAIM(e.code != ERR_OK && e.text[0] != '\0');
    for (const char *c = e.text; *c != '\0'; c++)
      CLAIM(*c >= ' ' && *c <= '~');
    return;
  }
  CLAIM(snprintf(text, sizeof text,
                 "%s Credential=%s/%s/%s/%s/%s, SignedHeaders=%s, Signature=%s",
                 SIGNATURE_ALGORITHM, a.access_key_id, a.scope.date,
                 a.scope.region, a.scope.service, SIGNATURE_END,
                 a.signed_headers, a.signature) < (int)sizeof text);
  CLAIM(authorization_parse(text, &again, &e) == 0);
  CLAIM(strcmp(a.access_key_id, again.access_key_id) == 0);
  CLAIM(strcmp(a.signed_headers, again.signed_headers) == 0);
  CLAIM(strcmp(a.signature, again.signature) == 0);
}

/* Signs anew what the header says is signed. */
static void accepted_check(const struct input *in, const char *value,
                           bool path_as_is)
{
  struct secret key CLEANUP_SECRET = {0};
  struct sigv4_header headers[HEADERS_MAX];
  struct sigv4_request r = in->r;
  struct authorization a, again;
  struct digest *d = NULL;
  struct err e = {0};
  char made[SIGN_VALUE_MAX];
  const struct sigv4_signer signer = {.access_key_id = KEY_ID,
                                      .region = REGION,
                                      .service = SERVICE,
                                      .secret_access_key = &key,
                                      .path_as_is = path_as_is};

  CLAIM(authorization_parse(value, &a, &e) == 0);
  r.headers = headers;
  r.n_headers = 0;
  for (size_t i = 0; i < in->r.n_headers; i++)
    if (authorization_covers(&a, in->headers[i].name))
      headers[r.n_headers++] = in->headers[i];
  CLAIM(secret_copy(KEY, strlen(KEY), &key, &e) == 0);
  CLAIM(digest_new(&d, &e) == 0);
  CLAIM(sigv4_sign(d, &r, &signer, made, &e) == 0);
  CLAIM(authorization_parse(made, &again, &e) == 0);
  CLAIM(strcmp(a.signature, again.signature) == 0);
  digest_free(d);
}

static void verify(const struct input *in, bool path_as_is)
{
  static const char *const regions[] = {REGION, "eu-central-1"};
  bool has_session = false;
  const struct sigv4_rules rules = {.regions = regions,
                                    .n_regions = 2,
                                    .service = SERVICE,
                                    .now_us = NOW_US,
                                    .skew_us = SIGV4_SKEW_US,
                                    .path_as_is = path_as_is,
                                    .find = key_find,
                                    .find_ctx = &has_session};
  static struct sigv4 *v; /* one for all inputs, as a worker has it */
  struct sigv4_identity who;
  struct err e = {0};
  int rc;

  CLAIM(v != NULL || sigv4_new(8, &v, &e) == 0);
  rc = sigv4_verify(v, &in->r, &rules, &who, &e);
  CLAIM(rc == 0 || (rc == -(int)e.code && e.text[0] != '\0'));
  CLAIM(rc == 0 || e.code != ERR_INTERNAL);
  if (rc != 0 || strcmp(who.region, REGION) != 0)
    return;
  CLAIM(has_session == (header_of(in, "x-amz-security-token") != NULL));
  accepted_check(in, header_of(in, "authorization"), path_as_is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  struct input in;
  const char *value;

  if (input_read(data, len, &in)) {
    value = header_of(&in, "authorization");
    if (value != NULL)
      header_check(value);
    verify(&in, false);
    verify(&in, true);
  }
  free(in.text);
  return 0;
}
