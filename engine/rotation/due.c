/* Rules, as stored, turned into a schedule and asked for the next start.
 *
 * Blackouts are stored as a JSON array whose members are either
 *     {"Start": "2026-12-20T00:00:00Z", "End": "2027-01-04T00:00:00Z"} or
 *     {"Expression": "cron(0 22 * * ? *)", "Duration": "8h"}.
 */
#include "rotation/due.h"

#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* How long a rotation that a value asked for may be tried. */
#define DUE_IN_WINDOW_US (12 * 3600 * US_PER_S)

static int instant_parse(const char *text, int64_t *out_us, struct err *e)
{
  struct tm tm = {0};
  const char *end = text == NULL ? NULL : strptime(text, "%Y-%m-%dT%TZ", &tm);

  if (end == NULL || *end != '\0')
    return err_set(
        e, ERR_PARAMETER,
        "blackout: '%.40s' is not a Start or End; write it in UTC as in "
        "2026-12-20T00:00:00Z",
        text == NULL ? "" : text);
  *out_us = (int64_t)timegm(&tm) * US_PER_S;
  return 0;
}

static bool is_member(const char *name)
{
  return strcmp(name, "Start") == 0 || strcmp(name, "End") == 0 ||
         strcmp(name, "Expression") == 0 || strcmp(name, "Duration") == 0;
}

static int blackout_read(const json_t *j, struct blackout_spec *out,
                         struct err *e)
{
  const char *member;
  json_t *ignored;
  int rc;

  memset(out, 0, sizeof *out);
  if (!json_is_object(j))
    return err_set(e, ERR_PARAMETER,
                   "blackout: each one is an object with Start and End, or "
                   "with Expression and Duration");
  json_object_foreach ((json_t *)(uintptr_t)j, member, ignored)
    if (!is_member(member))
      return err_set(e, ERR_PARAMETER, "blackout: there is no member '%.64s'",
                     member);
  out->expression = json_str(j, "Expression");
  out->duration = json_str(j, "Duration");
  if (out->expression != NULL)
    return 0;
  rc = instant_parse(json_str(j, "Start"), &out->start_us, e);
  if (rc == 0)
    rc = instant_parse(json_str(j, "End"), &out->end_us, e);
  return rc;
}

static int blackouts_read(const json_t *list, struct blackout_spec *out,
                          size_t *out_n, struct err *e)
{
  size_t n = json_array_size(list);

  if (!json_is_array(list) || n > BLACKOUT_MAX)
    return err_set(e, ERR_PARAMETER,
                   "blackouts are an array of at most %d objects",
                   BLACKOUT_MAX);
  for (size_t i = 0; i < n; i++) {
    int rc = blackout_read(json_array_get(list, i), &out[i], e);

    if (rc != 0)
      return rc;
  }
  *out_n = n;
  return 0;
}

int due_schedule(const struct rules_row *rules, bool aws_strict,
                 struct schedule **out, struct err *e)
{
  struct blackout_spec blackouts[BLACKOUT_MAX];
  CLEANUP_JSON json_t *list = NULL;
  struct schedule_spec spec = {
      .expression = rules->expression[0] ? rules->expression : NULL,
      .has_days = rules->days > 0,
      .days = rules->days,
      .duration = rules->duration[0] ? rules->duration : NULL,
      .zone = rules->zone[0] ? rules->zone : NULL,
      .blackouts = blackouts,
      .aws_strict = aws_strict,
  };
  int rc;

  if (spec.expression == NULL && !spec.has_days)
    return err_set(e, ERR_NOT_FOUND, "this secret rotates by hand only");
  if (rules->blackouts[0] != '\0') {
    rc = json_read(rules->blackouts, strlen(rules->blackouts),
                   &json_limits_request, &list, e);
    if (rc == 0)
      rc = blackouts_read(list, blackouts, &spec.blackout_count, e);
    if (rc != 0)
      return rc;
  }
  return schedule_parse(&spec, out, e);
}

static void take(struct rules_row *rules, const struct schedule *s,
                 const struct window *w, const char *arn)
{
  rules->next_due_us = schedule_start(s, w, arn, rules->jitter_s * US_PER_S);
  rules->window_end_us = w->end_us;
}

static int none_is_never(int rc, struct err *e)
{
  if (rc != -ERR_NOT_FOUND)
    return rc;
  err_clear(e);
  return 0;
}

int due_next(struct rules_row *rules, const char *secret_arn, int64_t after_us,
             int64_t due_in_s, struct err *e)
{
  struct schedule *s = NULL;
  struct window w;
  int rc;

  rules->next_due_us = rules->window_end_us = 0;
  if (!rules->enabled || rules->paused)
    return 0;
  rc = due_schedule(rules, false, &s, e);
  if (rc == 0) {
    rc = schedule_next(s, after_us, rules->anchor_us, &w, e);
    if (rc == 0)
      take(rules, s, &w, secret_arn);
    schedule_free(s);
  }
  rc = none_is_never(rc, e);
  if (rc == 0 && due_in_s > 0) {
    int64_t asked = after_us + due_in_s * US_PER_S;

    if (rules->next_due_us == 0 || asked < rules->next_due_us) {
      rules->next_due_us = asked;
      rules->window_end_us = asked + DUE_IN_WINDOW_US;
    }
  }
  return rc;
}

int due_resume(struct rules_row *rules, const char *secret_arn, int64_t now_us,
               struct err *e)
{
  struct schedule *s = NULL;
  struct window w;
  int rc = due_schedule(rules, false, &s, e);

  if (rc == -ERR_NOT_FOUND) {
    /* Due by its value alone (due_in_s): now. */
    err_clear(e);
    rules->window_end_us = now_us + DUE_IN_WINDOW_US;
    return 0;
  }
  if (rc != 0)
    return rc;
  rc = schedule_resume(s, rules->next_due_us, now_us, rules->anchor_us, &w, e);
  if (rc == 0) {
    bool open = w.start_us <= now_us;

    take(rules, s, &w, secret_arn);
    if (open)
      rules->next_due_us = now_us;
  } else {
    rules->next_due_us = rules->window_end_us = 0;
  }
  schedule_free(s);
  return none_is_never(rc, e);
}
