/* A client as applications are: asks keyturnd for a secret's AWSCURRENT, logs
 * in to its database with it, and does so again and again until SIGTERM.
 *
 *     prober --socket PATH --secret NAME [--interval-ms N] [--stage LABEL]
 *
 * When keyturnd does not answer it goes on with what it knows, as a caching
 * client does.  At the end it prints one line of JSON: logins tried and
 * failed, changes of the credential seen, and the longest time from the first
 * failed login to the next one that worked.  Never a credential.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_MAX = 262144 };

struct options {
  const char *socket, *secret, *stage;
  long interval_ms;
};

struct counts {
  long tried, failed, stale, changes, unreachable;
  double longest_gap_ms, first_failure_ms, login_ms;
  char last_error[160];
};

struct text {
  char data[REPLY_MAX];
  size_t len;
};

static volatile sig_atomic_t stopping;

static void on_signal(int sig)
{
  (void)sig;
  stopping = 1;
}

static double now_ms(void)
{
  struct timespec ts;

  (void)clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static size_t on_data(char *data, size_t size, size_t n, void *ctx)
{
  struct text *t = ctx;
  size_t len = size * n;

  if (t->len + len >= sizeof t->data)
    return 0;
  memcpy(t->data + t->len, data, len);
  t->len += len;
  t->data[t->len] = '\0';
  return len;
}

/* The secret's value, parsed; NULL when keyturnd does not answer with one. */
static json_t *secret_get(CURL *curl, const struct options *o)
{
  static struct text reply;
  json_t *request, *answer, *value = NULL;
  char *body;
  long status = 0;

  request =
      json_pack("{s:s, s:s}", "SecretId", o->secret, "VersionStage", o->stage);
  body = json_dumps(request, JSON_COMPACT);
  json_decref(request);
  reply.len = 0;
  (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
  if (curl_easy_perform(curl) == CURLE_OK)
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  free(body);
  if (status != 200)
    return NULL;
  answer = json_loadb(reply.data, reply.len, 0, NULL);
  value = json_loads(
      json_string_value(json_object_get(answer, "SecretString")) == NULL
          ? ""
          : json_string_value(json_object_get(answer, "SecretString")),
      0, NULL);
  json_decref(answer);
  return value;
}

static const char *str(const json_t *value, const char *key)
{
  const char *s = json_string_value(json_object_get(value, key));

  return s == NULL ? "" : s;
}

static unsigned port(const json_t *value, unsigned fallback)
{
  const json_t *p = json_object_get(value, "port");

  if (json_is_integer(p))
    return (unsigned)json_integer_value(p);
  return json_is_string(p) ? (unsigned)strtoul(json_string_value(p), NULL, 10)
                           : fallback;
}

static bool login_postgres(const json_t *value, struct counts *n)
{
  char port_text[16];
  const char *keys[] = {
      "host", "port", "user", "password", "dbname", "connect_timeout", NULL};
  const char *values[] = {str(value, "host"),
                          port_text,
                          str(value, "username"),
                          str(value, "password"),
                          str(value, "dbname"),
                          "10",
                          NULL};
  PGconn *c;
  bool ok;

  (void)snprintf(port_text, sizeof port_text, "%u", port(value, 5432));
  c = PQconnectdbParams(keys, values, 0);
  ok = PQstatus(c) == CONNECTION_OK;
  if (!ok)
    (void)snprintf(n->last_error, sizeof n->last_error, "%s",
                   PQerrorMessage(c));
  PQfinish(c);
  return ok;
}

static bool login_mysql(const json_t *value, struct counts *n)
{
  unsigned timeout = 10;
  MYSQL *c = mysql_init(NULL);
  bool ok;

  (void)mysql_options(c, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
  ok = mysql_real_connect(c, str(value, "host"), str(value, "username"),
                          str(value, "password"), NULL, port(value, 3306), NULL,
                          0) != NULL;
  if (!ok)
    (void)snprintf(n->last_error, sizeof n->last_error, "%s", mysql_error(c));
  mysql_close(c);
  return ok;
}

static bool login(const json_t *value, struct counts *n)
{
  return strncmp(str(value, "engine"), "postgres", 8) == 0
             ? login_postgres(value, n)
             : login_mysql(value, n);
}

static void count(struct counts *n, bool ok, double started_ms)
{
  double now = now_ms();

  n->tried++;
  n->login_ms += now - started_ms;
  if (!ok) {
    n->failed++;
    if (n->first_failure_ms == 0)
      n->first_failure_ms = started_ms;
    return;
  }
  if (n->first_failure_ms != 0 && now - n->first_failure_ms > n->longest_gap_ms)
    n->longest_gap_ms = now - n->first_failure_ms;
  n->first_failure_ms = 0;
}

static void probe(CURL *curl, const struct options *o, json_t **value,
                  struct counts *n)
{
  json_t *fresh = secret_get(curl, o);
  double started;
  bool ok;

  if (fresh == NULL) {
    n->unreachable++;
  } else {
    if (*value != NULL && !json_equal(*value, fresh))
      n->changes++;
    json_decref(*value);
    *value = fresh;
  }
  if (*value == NULL)
    return;
  started = now_ms();
  ok = login(*value, n);
  if (!ok && (fresh = secret_get(curl, o)) != NULL) {
    /* Changed between our reading and our login: a client reads again. */
    bool changed = !json_equal(*value, fresh);

    json_decref(*value);
    *value = fresh;
    if (changed) {
      n->stale++;
      n->changes++;
      ok = login(*value, n);
    }
  }
  count(n, ok, started);
}

static void pause_ms(long ms)
{
  struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

  (void)nanosleep(&ts, NULL); /* a signal ends it early, as it should */
}

/* *out_headers: returned, freed after the client. */
static CURL *client(const struct options *o, struct curl_slist **out_headers)
{
  struct curl_slist *headers = NULL;
  CURL *curl = curl_easy_init();

  if (curl == NULL)
    exit(1);
  headers =
      curl_slist_append(headers, "X-Amz-Target: secretsmanager.GetSecretValue");
  headers =
      curl_slist_append(headers, "Content-Type: application/x-amz-json-1.1");
  (void)curl_easy_setopt(curl, CURLOPT_URL, "http://keyturnd/");
  (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, o->socket);
  (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
  (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
  *out_headers = headers;
  return curl;
}

static void options_read(int argc, char **argv, struct options *o)
{
  *o = (struct options){.stage = "AWSCURRENT", .interval_ms = 5};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--socket") == 0)
      o->socket = argv[i + 1];
    else if (strcmp(argv[i], "--secret") == 0)
      o->secret = argv[i + 1];
    else if (strcmp(argv[i], "--stage") == 0)
      o->stage = argv[i + 1];
    else if (strcmp(argv[i], "--interval-ms") == 0)
      o->interval_ms = strtol(argv[i + 1], NULL, 10);
  }
  if (o->socket == NULL || o->secret == NULL) {
    fprintf(stderr, "usage: prober --socket PATH --secret NAME "
                    "[--stage LABEL] [--interval-ms N]\n");
    exit(2);
  }
}

static void print(const struct counts *n, double ms)
{
  json_t *j = json_pack(
      "{s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:s}", "tried",
      (json_int_t)n->tried, "failed", (json_int_t)n->failed, "stale",
      (json_int_t)n->stale, "changes", (json_int_t)n->changes, "unreachable",
      (json_int_t)n->unreachable, "longest_gap_ms", n->longest_gap_ms,
      "mean_login_ms", n->tried == 0 ? 0.0 : n->login_ms / (double)n->tried,
      "ms", ms, "last_error", n->failed == 0 ? "" : n->last_error);

  (void)json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
  (void)putchar('\n');
  json_decref(j);
}

int main(int argc, char **argv)
{
  struct sigaction sa = {.sa_handler = on_signal};
  struct counts n = {0};
  struct options o;
  json_t *value = NULL;
  double started = now_ms();
  struct curl_slist *headers;
  CURL *curl;

  options_read(argc, argv, &o);
  (void)sigaction(SIGTERM, &sa, NULL);
  (void)sigaction(SIGINT, &sa, NULL);
  curl = client(&o, &headers);
  while (!stopping) {
    probe(curl, &o, &value, &n);
    pause_ms(o.interval_ms);
  }
  json_decref(value);
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  print(&n, now_ms() - started);
  return 0;
}
