/* http.c - libcurl, held short.
 *
 * Every request has a connection of its own: on a reused one libcurl may send
 * a request twice.  No redirects, no proxy, no cookies, no other protocols;
 * TLS 1.2 at least.  What a failure means to a token that was being spent is
 * decided here, by whether a single byte of the request had left; what to do
 * about it is the caller's.
 */
#include "http.h"

#include <curl/curl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS_MAX 10000
#define RESERVE_MS     1000 /* of a step's time, to store what was answered */

/* libcurl copies what it sends, so what it frees is wiped. */
static void wiping_free(void *p)
{
  if (p != NULL)
    explicit_bzero(p, malloc_usable_size(p));
  free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
  size_t old = p != NULL ? malloc_usable_size(p) : 0;
  void *fresh = malloc(size);

  if (fresh != NULL && p != NULL) {
    memcpy(fresh, p, old < size ? old : size);
    wiping_free(p);
  }
  return fresh;
}

static bool curl_is_ready;

static void init_curl(void)
{
  curl_is_ready =
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free,
                           wiping_realloc, strdup, calloc) == CURLE_OK;
}

static size_t take_body(char *data, size_t one, size_t n, void *arg)
{
  struct http_reply *reply = arg;

  (void)one; /* is 1 */
  if (n > HTTP_BODY_MAX - reply->len) {
    reply->too_large = true;
    return 0;
  }
  memcpy(reply->body + reply->len, data, n);
  reply->len += n;
  return n;
}

static bool set_authorities(CURL *curl, const char *cafile)
{
  struct curl_blob pem;

  if (cafile == NULL)
    return true;
  if (curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK)
    return false;
  if (strncmp(cafile, "-----BEGIN", 10) != 0)
    return curl_easy_setopt(curl, CURLOPT_CAINFO, cafile) == CURLE_OK;
  pem.data = (void *)(uintptr_t)cafile; /* libcurl only copies it */
  pem.len = strlen(cafile);
  pem.flags = CURL_BLOB_COPY;
  return curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &pem) == CURLE_OK;
}

#define SET(option, value) \
  (curl_easy_setopt(curl, CURLOPT_##option, (value)) == CURLE_OK)

static bool set_up(CURL *curl, const struct http_request *request,
                   struct curl_slist *headers, long timeout_ms,
                   struct http_reply *reply)
{
  long connect_ms = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX;
  bool ok = SET(URL, request->url) && SET(NOSIGNAL, 1L) &&
            SET(TIMEOUT_MS, timeout_ms) && SET(CONNECTTIMEOUT_MS, connect_ms) &&
            SET(PROTOCOLS_STR, "http,https") && SET(FOLLOWLOCATION, 0L) &&
            SET(PROXY, "") && SET(DISALLOW_USERNAME_IN_URL, 1L) &&
            SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
            SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
            SET(FRESH_CONNECT, 1L) && SET(FORBID_REUSE, 1L) &&
            SET(SSL_SESSIONID_CACHE, 0L) && SET(HTTPHEADER, headers) &&
            SET(USERAGENT, "keyturn-oauth/1") &&
            SET(WRITEFUNCTION, take_body) && SET(WRITEDATA, (void *)reply) &&
            set_authorities(curl, request->cafile);

  if (ok && request->form != NULL) /* borrowed by libcurl, not copied */
    ok = SET(POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->form)) &&
         SET(POSTFIELDS, request->form);
  else if (ok && request->head)
    ok = SET(NOBODY, 1L);
  return ok;
}

/* Failures that come before the first byte of the request: the class, and a
 * word for alerts. */
static int judge_connection(CURLcode code, const char **out_word)
{
  switch (code) {
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
    *out_word = "tls-untrusted";
    return KT_CONFIG;
  case CURLE_SSL_CACERT_BADFILE:
    *out_word = "cafile";
    return KT_CONFIG;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    *out_word = "endpoint";
    return KT_CONFIG;
  case CURLE_SSL_CONNECT_ERROR:
    *out_word = "tls-failed";
    return KT_UNREACHABLE;
  case CURLE_OUT_OF_MEMORY:
    *out_word = "no-memory";
    return KT_BUSY;
  default:
    *out_word = "unreachable";
    return KT_UNREACHABLE;
  }
}

static void judge_failure(struct kt_step *step, CURL *curl, CURLcode code,
                          const struct http_request *request,
                          struct http_reply *reply)
{
  long sent = 0;
  const char *word;

  (void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent); /* 0 then */
  if (sent == 0) {
    reply->outcome = HTTP_NOT_SENT;
    reply->class = judge_connection(code, &word);
    step->host->error(step, word, "%s: %s", request->name,
                      curl_easy_strerror(code));
    return;
  }
  reply->outcome = HTTP_LOST;
  reply->class = KT_AMBIGUOUS;
  step->host->error(step, "reply-lost",
                    "%s: the request was sent, no whole answer came: %s",
                    request->name, curl_easy_strerror(code));
}

static void perform(struct kt_step *step, CURL *curl,
                    const struct http_request *request,
                    struct http_reply *reply)
{
  curl_off_t wait = 0;
  CURLcode code = curl_easy_perform(curl);

  if (code != CURLE_OK && !reply->too_large) {
    judge_failure(step, curl, code, request, reply);
    return;
  }
  if (reply->too_large)
    reply->len = 0;
  reply->body[reply->len] = '\0';
  (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
  (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait); /* 0 then */
  reply->retry_after = wait > 86400 ? 86400 : (long)wait;
  reply->outcome = HTTP_ANSWERED;
}

int http_exchange(struct kt_step *step, const struct http_request *request,
                  int64_t timeout_ms, struct http_reply *out)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  char accept[] = "Accept: application/json", expect[] = "Expect:";
  struct http_reply reply = {0};
  /* The list is ours, so libcurl makes no copy of the secret header. */
  struct curl_slist authorization = {(char *)(uintptr_t)request->header, NULL},
                    no_expect = {expect, request->header != NULL
                                             ? &authorization
                                             : NULL},
                    headers = {accept, &no_expect};
  CURL *curl;
  int r = KT_BUSY;

  if (timeout_ms <= 0) {
    step->host->error(step, "too-late", "no time is left for %s",
                      request->name);
    return KT_BUSY;
  }
  (void)pthread_once(&once, init_curl); /* cannot fail with these arguments */
  curl = curl_is_ready ? curl_easy_init() : NULL;
  reply.body = step->host->scratch(step, HTTP_BODY_MAX + 1);
  if (curl != NULL && reply.body != NULL &&
      set_up(curl, request, &headers, (long)timeout_ms, &reply)) {
    perform(step, curl, request, &reply);
    *out = reply;
    r = KT_OK;
  } else {
    step->host->error(step, "no-memory", "no memory for a request to %s",
                      request->name);
  }
  curl_easy_cleanup(curl);
  return r;
}

int64_t http_patience_ms(struct kt_step *step)
{
  return step->host->remaining_ms(step) - RESERVE_MS;
}

int http_ask(struct kt_step *step, const struct http_request *request,
             struct http_reply *out)
{
  struct http_reply reply = {0};
  int r = http_exchange(step, request, http_patience_ms(step), &reply);

  if (r == KT_OK && reply.outcome == HTTP_LOST)
    r = KT_UNREACHABLE; /* it may be asked again */
  else if (r == KT_OK && reply.outcome == HTTP_NOT_SENT)
    r = reply.class;
  if (r == KT_OK)
    *out = reply;
  return r;
}
