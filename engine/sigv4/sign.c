/* Signs a request with the same parts that verify it. */
#include "sigv4/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sigv4/canonical.h"

static int name_compare(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names, sorted, each once. */
static int names_join(const struct sigv4_request *r,
                      char out[SIGNED_HEADERS_MAX + 1], struct err *e)
{
  const char *names[SIGN_HEADERS_MAX];
  size_t len = 0;

  if (r->n_headers > SIGN_HEADERS_MAX)
    return err_set(e, ERR_PARAMETER, "over %d headers to sign",
                   SIGN_HEADERS_MAX);
  for (size_t i = 0; i < r->n_headers; i++)
    names[i] = r->headers[i].name;
  qsort(names, r->n_headers, sizeof names[0], name_compare);
  out[0] = '\0';
  for (size_t i = 0; i < r->n_headers; i++) {
    int n;

    if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
      continue;
    n = snprintf(out + len, SIGNED_HEADERS_MAX + 1 - len, "%s%s",
                 len > 0 ? ";" : "", names[i]);
    if (n < 0 || (size_t)n > SIGNED_HEADERS_MAX - len)
      return err_set(e, ERR_PARAMETER, "the header names to sign are too long");
    len += (size_t)n;
  }
  return 0;
}

static int scope_make(const struct sigv4_request *r,
                      const struct sigv4_signer *signer, struct scope *out,
                      const char **out_stamp, struct err *e)
{
  const char *stamp = NULL;
  bool has_host = false;
  int64_t at_us;
  int rc;

  for (size_t i = 0; i < r->n_headers; i++) {
    if (strcmp(r->headers[i].name, "x-amz-date") == 0)
      stamp = r->headers[i].value;
    has_host = has_host || strcmp(r->headers[i].name, "host") == 0;
  }
  if (stamp == NULL || !has_host)
    return err_set(e, ERR_PARAMETER,
                   "a request to sign has the headers host and x-amz-date");
  rc = stamp_parse(stamp, &at_us, e);
  if (rc != 0)
    return rc;
  if (strlen(signer->region) > SCOPE_WORD_MAX ||
      strlen(signer->service) > SCOPE_WORD_MAX ||
      strlen(signer->access_key_id) > ACCESS_KEY_ID_MAX)
    return err_set(e, ERR_PARAMETER,
                   "the region, service or access key id is too long");
  (void)snprintf(out->date, sizeof out->date, "%.*s", STAMP_DATE_LEN, stamp);
  (void)snprintf(out->region, sizeof out->region, "%s", signer->region);
  (void)snprintf(out->service, sizeof out->service, "%s", signer->service);
  *out_stamp = stamp;
  return 0;
}

int sigv4_sign(struct digest *d, const struct sigv4_request *r,
               const struct sigv4_signer *signer, char out[SIGN_VALUE_MAX],
               struct err *e)
{
  struct buf canonical CLEANUP_BUF;
  struct secret key CLEANUP_SECRET = {0};
  struct scope scope;
  char names[SIGNED_HEADERS_MAX + 1], hash[DIGEST_HEX_LEN + 1];
  char text[SIGNATURE_TEXT_MAX], signature[DIGEST_HEX_LEN + 1];
  const char *stamp;
  int rc;

  buf_init(&canonical, CANONICAL_MAX, true);
  if ((rc = scope_make(r, signer, &scope, &stamp, e)) != 0 ||
      (rc = names_join(r, names, e)) != 0 ||
      (rc = digest_hash(d, r->body, r->body_len, hash, e)) != 0 ||
      (rc = canonical_write(r, names, hash, signer->path_as_is, &canonical,
                            e)) != 0 ||
      (rc = signature_text(d, &scope, stamp, canonical.data, canonical.len,
                           text, e)) != 0 ||
      (rc = signature_key(d, &scope, signer->secret_access_key, &key, e)) !=
          0 ||
      (rc = signature_make(d, &key, text, signature, e)) != 0)
    return rc;
  (void)snprintf(out, SIGN_VALUE_MAX,
                 "%s Credential=%s/%s/%s/%s/%s, SignedHeaders=%s, Signature=%s",
                 SIGNATURE_ALGORITHM, signer->access_key_id, scope.date,
                 scope.region, scope.service, SIGNATURE_END, names,
                 signature); /* every part is bounded */
  return 0;
}
