/* Files from the last to the first, lines from the end: what is asked for is
 * mostly young.  A line is read as JSON only when its bytes could fit.
 */
#include "event/trail/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "event/trail/chain.h"

#define TIME_LEN   20 /* 2026-11-24T03:00:00Z */
#define LATE_US    (3600 * US_PER_S)
#define SUFFIX_LEN 7 /* "-XXXXXX" */

static const struct json_limits limits = {(size_t)8 << 20, 16, 100000};

struct search {
  const struct search_query *q;
  char since[TIME_LEN + 1], until[TIME_LEN + 1]; /* "" for none */
  char stop[TIME_LEN + 1]; /* nothing older is looked at */
  search_found *found;
  void *ctx;
  size_t n, bytes;
  int64_t next;   /* sequence of the last line that was looked at */
  bool is_over;   /* there is no more */
  bool is_enough; /* says who asked */
};

static void time_text(int64_t us, char out[TIME_LEN + 1])
{
  time_t s = (time_t)(us / US_PER_S);
  struct tm tm = {0};

  (void)gmtime_r(&s, &tm);
  if (us == 0 || strftime(out, TIME_LEN + 1, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    out[0] = '\0';
}

/* ---- one line ---------------------------------------------------------------
 */

static bool has(const char *line, size_t len, const char *text)
{
  return text == NULL || memmem(line, len, text, strlen(text)) != NULL;
}

/* Its time, which no string can fake: a quote in one is escaped. */
static const char *time_of(const char *line, size_t len)
{
  static const char key[] = "\"eventTime\":\"";
  const char *at = memmem(line, len, key, sizeof key - 1);

  if (at == NULL || line + len - at < (long)(sizeof key - 1 + TIME_LEN))
    return NULL;
  return at + sizeof key - 1;
}

static bool same(const char *a, const char *b)
{
  return a != NULL && strcmp(a, b) == 0;
}

static bool is_user(const json_t *line, const char *user)
{
  const json_t *who = json_object_get(line, "userIdentity");
  const char *arn = json_str(who, "arn");
  size_t n = strlen(user), len = arn == NULL ? 0 : strlen(arn);

  return same(json_str(who, "userName"), user) || same(arn, user) ||
         same(json_str(who, "accessKeyId"), user) ||
         same(json_str(who, "principalId"), user) ||
         (len > n && arn[len - n - 1] == '/' &&
          strcmp(arn + len - n, user) == 0);
}

/* An ARN is meant by itself, without its suffix, or by the name in it. */
static bool is_named(const char *arn, const char *secret)
{
  const char *name = arn == NULL ? NULL : strstr(arn, ":secret:");
  size_t n = strlen(secret);

  if (name == NULL)
    return same(arn, secret);
  name += strlen(":secret:");
  return strcmp(arn, secret) == 0 ||
         (strncmp(name, secret, n) == 0 &&
          (name[n] == '\0' || strlen(name + n) == SUFFIX_LEN)) ||
         (strncmp(arn, secret, n) == 0 && strlen(arn) == n + SUFFIX_LEN);
}

static bool is_secret(const json_t *line, const char *secret)
{
  const json_t *in = json_object_get(line, "requestParameters");
  const json_t *resource =
      json_array_get(json_object_get(line, "resources"), 0);
  const json_t *more = json_object_get(line, "additionalEventData");

  return is_named(json_str(resource, "ARN"), secret) ||
         same(json_str(in, "secretId"), secret) ||
         same(json_str(in, "name"), secret) ||
         is_named(json_str(more, "SecretId"), secret);
}

static bool fits(const struct search_query *q, const json_t *line)
{
  const char *error = json_str(line, "errorCode");
  const char *action = json_str(line, "eventName");
  const char *source = json_str(line, "sourceIPAddress");

  return (q->action == NULL ||
          (action != NULL && strcasecmp(action, q->action) == 0)) &&
         (q->error == NULL ||
          (error != NULL &&
           (strcmp(q->error, "any") == 0 || strcmp(error, q->error) == 0))) &&
         (q->source == NULL ||
          (source != NULL &&
           strncmp(source, q->source, strlen(q->source)) == 0)) &&
         (q->user == NULL || is_user(line, q->user)) &&
         (q->secret == NULL || is_secret(line, q->secret));
}

static int look(struct search *s, const char *line, size_t len, struct err *e)
{
  const struct search_query *q = s->q;
  CLEANUP_JSON json_t *json = NULL;
  struct chain_mark mark;
  const char *time;

  if (!chain_parse(line, len, &mark) ||
      (q->before != 0 && mark.sequence >= q->before))
    return 0; /* a piece of one, or told already */
  s->next = mark.sequence;
  s->bytes += len;
  time = time_of(line, len);
  if (time == NULL)
    return 0;
  if (s->stop[0] != '\0' && memcmp(time, s->stop, TIME_LEN) < 0)
    s->is_over = true;
  if ((s->since[0] != '\0' && memcmp(time, s->since, TIME_LEN) < 0) ||
      (s->until[0] != '\0' && memcmp(time, s->until, TIME_LEN) >= 0) ||
      !has(line, len, q->user) || !has(line, len, q->secret) ||
      !has(line, len, q->source) ||
      !has(line, len, q->error == NULL ? NULL : "\"errorCode\":\""))
    return 0;
  if (json_read(line, len, &limits, &json, NULL) != 0 || !fits(q, json))
    return 0;
  s->n++;
  return s->found(s->ctx, line, len, e);
}

static bool is_done(const struct search *s)
{
  return s->is_over || s->is_enough || s->n == s->q->limit ||
         s->bytes > s->q->bytes;
}

/* ---- files
 * -------------------------------------------------------------------
 */

static int look_back(struct search *s, const struct trail_text *m,
                     struct err *e)
{
  size_t end = m->len;
  int rc = 0;

  /* What has no newline is being written. */
  while (end > 0 && m->data[end - 1] != '\n')
    end--;
  while (rc == 0 && end > 0 && !is_done(s)) {
    const char *before = end == 1 ? NULL : memrchr(m->data, '\n', end - 1);
    size_t start = before == NULL ? 0 : (size_t)(before - m->data) + 1;

    rc = look(s, m->data + start, end - 1 - start, e);
    if (rc > 0)
      s->is_enough = true;
    rc = rc > 0 ? 0 : rc;
    end = start;
  }
  return rc;
}

static int run(struct search *s, struct err *e)
{
  CLEANUP_FREE struct trail_file *files = NULL;
  size_t n = 0;
  int rc = trail_list(s->q->folder, &files, &n, e);

  for (size_t i = n; rc == 0 && i > 0 && !is_done(s); i--) {
    struct trail_text m = {0};

    if (s->q->before != 0 && files[i - 1].first >= s->q->before)
      continue;
    rc = trail_text_read(s->q->folder, files[i - 1].name, &m, e);
    if (rc == 0)
      rc = look_back(s, &m, e);
    trail_text_release(&m);
    if (s->next == files[0].first)
      s->is_over = true;
  }
  if (!is_done(s))
    s->is_over = true;
  return rc;
}

int search_run(const struct search_query *q, search_found *found, void *ctx,
               int64_t *out_next, struct err *e)
{
  struct search s = {.q = q, .found = found, .ctx = ctx};
  int rc;

  time_text(q->since_us, s.since);
  time_text(q->until_us, s.until);
  if (q->since_us > LATE_US) /* an answer may come late, and in the line too */
    time_text(q->since_us - LATE_US, s.stop);
  rc = run(&s, e);
  if (rc == 0)
    *out_next = s.is_over ? 0 : s.next;
  return rc;
}
