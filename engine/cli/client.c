/* The API's client over libcurl. */
#include "cli/client.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"

#define ARENA_BYTES  (64 << 20) /* a plan of thousands of secrets */
#define REPLY_MAX    (4 << 20)
#define CALL_SECONDS 300L /* CheckRotation waits for a plugin */

/* libcurl asks for realloc, which needs the old size: it stands in front. */
union block {
  size_t size;
  max_align_t align;
};

static void *block_malloc(size_t n)
{
  union block *b =
      n > SIZE_MAX - sizeof *b ? NULL : secret_malloc(sizeof *b + n);

  if (b == NULL)
    return NULL;
  b->size = n;
  return b + 1;
}

static void block_free(void *p)
{
  if (p != NULL)
    secret_free((union block *)p - 1);
}

static void *block_realloc(void *p, size_t n)
{
  void *q = block_malloc(n);

  if (p == NULL || q == NULL)
    return q;
  memcpy(q, p,
         n < ((union block *)p)[-1].size ? n : ((union block *)p)[-1].size);
  block_free(p);
  return q;
}

static void *block_calloc(size_t n, size_t size)
{
  size_t all;
  void *p;

  if (__builtin_mul_overflow(n, size, &all))
    return NULL;
  p = block_malloc(all);
  if (p != NULL)
    memset(p, 0, all);
  return p;
}

static char *block_strdup(const char *text)
{
  size_t n = strlen(text) + 1;
  char *p = block_malloc(n);

  if (p != NULL)
    memcpy(p, text, n);
  return p;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
  struct client *c = arg;

  buf_put(&c->reply, data, size * n);
  return c->reply.failed ? 0 : size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
  static const char name[] = "x-amzn-requestid:";
  struct client *c = arg;
  size_t len = size * n, skip = sizeof name - 1;

  if (len > skip && strncasecmp(data, name, skip) == 0) {
    while (skip < len && data[skip] == ' ')
      skip++;
    while (len > skip && (data[len - 1] == '\r' || data[len - 1] == '\n'))
      len--;
    (void)snprintf(c->request_id, sizeof c->request_id, "%.*s",
                   (int)(len - skip), data + skip);
  }
  return size * n;
}

int client_init(struct client *c, const char *socket, struct err *e)
{
  bool is_locked;
  int rc;

  memset(c, 0, sizeof *c);
  if (strlen(socket) >= sizeof c->socket)
    return err_set(e, ERR_PARAMETER,
                   "--socket: a socket's path has at most %zu bytes",
                   sizeof c->socket - 1);
  memcpy(c->socket, socket, strlen(socket));
  /* Memory that cannot be locked is still zeroed and kept out of cores. */
  rc = secret_heap_init(ARENA_BYTES, &is_locked, e);
  if (rc != 0)
    return rc;
  buf_init(&c->body, REPLY_MAX, true);
  buf_init(&c->reply, REPLY_MAX, true);
  if (curl_global_init_mem(CURL_GLOBAL_NOTHING, block_malloc, block_free,
                           block_realloc, block_strdup, block_calloc) != 0)
    return err_set(e, ERR_NOMEM, "cannot start libcurl");
  c->curl = curl_easy_init();
  return c->curl == NULL ? err_set(e, ERR_NOMEM, "cannot start libcurl") : 0;
}

void client_release(struct client *c)
{
  curl_slist_free_all(c->headers);
  curl_easy_cleanup(c->curl);
  if (c->curl != NULL)
    curl_global_cleanup();
  c->headers = NULL;
  c->curl = NULL;
  buf_release(&c->body);
  buf_release(&c->reply);
}

static int headers_make(struct client *c, const char *target, struct err *e)
{
  char line[128];
  struct curl_slist *more;

  curl_slist_free_all(c->headers);
  c->headers =
      curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.1");
  /* No waiting for 100 Continue. */
  more = curl_slist_append(c->headers, "Expect:");
  (void)snprintf(line, sizeof line, "X-Amz-Target: %s", target);
  if (more != NULL)
    more = curl_slist_append(c->headers, line);
  return more == NULL ? err_set(e, ERR_NOMEM, "no memory for a request") : 0;
}

static int dump_into(const char *text, size_t n, void *arg)
{
  struct buf *b = arg;

  buf_put(b, text, n);
  return b->failed ? -1 : 0;
}

static int unreachable(const struct client *c, CURLcode code, struct err *e)
{
  long os_error = 0;

  (void)curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &os_error);
  if (code == CURLE_COULDNT_CONNECT && os_error == EACCES)
    return err_set(e, ERR_ACCESS,
                   "you may not connect to %s: be root, keyturnd's own user, "
                   "or a member of its admin_group",
                   c->socket);
  if (code == CURLE_OUT_OF_MEMORY)
    return err_set(e, ERR_NOMEM, "no secret memory left for a request");
  if (code == CURLE_COULDNT_CONNECT)
    return err_set(e, ERR_UNREACHABLE,
                   "keyturnd does not answer on %s%s%s; is it running?  "
                   "(another socket: --socket or KEYTURN_SOCKET)",
                   c->socket, os_error != 0 ? ": " : "",
                   os_error != 0 ? strerror((int)os_error) : "");
  return err_set(e, ERR_UNREACHABLE, "keyturnd on %s: %s", c->socket,
                 curl_easy_strerror(code));
}

static int send_request(struct client *c, long *out_status, struct err *e)
{
  CURLcode code;

  curl_easy_reset(c->curl);
  (void)curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
  (void)curl_easy_setopt(c->curl, CURLOPT_URL, "http://keyturnd/");
  (void)curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, CALL_SECONDS);
  (void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->headers);
  (void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, c->body.data);
  (void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)c->body.len);
  (void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
  (void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
  (void)curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, on_header);
  (void)curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
  code = curl_easy_perform(c->curl);
  if (code != CURLE_OK)
    return unreachable(c, code, e);
  (void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, out_status);
  return 0;
}

static enum err_code code_of(const char *fault)
{
  for (int i = ERR_OK + 1; i < ERR_COUNT; i++)
    if (strcmp(err_fault((enum err_code)i), fault) == 0)
      return (enum err_code)i;
  return ERR_INTERNAL;
}

static int api_error(struct client *c, const json_t *reply, long status,
                     struct err *e)
{
  const char *type = json_str(reply, "__type");
  const char *text = json_str(reply, "Message");

  (void)snprintf(c->fault, sizeof c->fault, "%s",
                 type == NULL ? "InternalServiceError" : type);
  if (text == NULL)
    return err_set(e, code_of(c->fault), "keyturnd answered %ld", status);
  return err_set(e, code_of(c->fault), "%s", text);
}

int client_call(struct client *c, const char *target, const json_t *in,
                json_t **out, struct err *e)
{
  json_t *reply = NULL;
  long status = 0;
  int rc = headers_make(c, target, e);

  c->request_id[0] = c->fault[0] = '\0';
  buf_clear(&c->body);
  buf_clear(&c->reply);
  if (in == NULL)
    buf_puts(&c->body, "{}");
  else if (json_dump_callback(in, dump_into, &c->body, JSON_COMPACT) != 0 &&
           rc == 0)
    rc = err_set(e, ERR_NOMEM, "no memory for the request");
  if (rc == 0)
    rc = send_request(c, &status, e);
  if (rc == 0)
    rc = json_read(c->reply.data == NULL ? "" : c->reply.data, c->reply.len,
                   &json_limits_file, &reply, e);
  buf_clear(&c->body);
  buf_clear(&c->reply);
  if (rc == -ERR_SERIALIZATION)
    return err_set(e, ERR_UNREACHABLE,
                   "what answers on %s (status %ld) is no keyturnd", c->socket,
                   status);
  if (rc == 0 && (status != 200 || !json_is_object(reply))) {
    rc = api_error(c, reply, status, e);
    json_decref(reply);
  }
  if (rc == 0)
    *out = reply;
  return rc;
}

int client_call_secret(struct client *c, const char *target, const char *name,
                       json_t **out, struct err *e)
{
  json_t *in = json_pack("{s:s}", "SecretId", name);
  int rc;

  if (in == NULL)
    return err_set(e, ERR_PARAMETER, "a secret's name is UTF-8 text");
  rc = client_call(c, target, in, out, e);
  json_decref(in);
  return rc;
}

int client_each(struct client *c, const char *target, json_t *in,
                const char *member,
                int (*each)(void *arg, const json_t *one, struct err *e),
                void *arg, struct err *e)
{
  for (;;) {
    json_t *page = NULL;
    const json_t *one;
    const char *next;
    size_t i;
    int rc = client_call(c, target, in, &page, e);

    if (rc != 0)
      return rc;
    json_array_foreach (json_object_get(page, member), i, one) {
      rc = each(arg, one, e);
      if (rc != 0)
        break;
    }
    next = json_str(page, "NextToken");
    if (rc != 0 || next == NULL) {
      json_decref(page);
      return rc;
    }
    rc = json_object_set_new(in, "NextToken", json_string(next));
    json_decref(page);
    if (rc != 0)
      return err_set(e, ERR_NOMEM, "no memory for the next page");
  }
}

int64_t client_time(const json_t *object, const char *key)
{
  const json_t *v = json_object_get(object, key);
  int64_t us = (int64_t)(json_number_value(v) * (double)US_PER_S);

  /* The API's times are whole milliseconds, doubles are not. */
  return (us + US_PER_MS / 2) / US_PER_MS * US_PER_MS;
}

void client_token(json_t *in)
{
  char text[UUID_TEXT_LEN + 1];

  random_uuid(random_system(), text);
  (void)json_object_set_new(in, "ClientRequestToken", json_string(text));
}
