/* PreviewSchedule: an expression or a secret's rules, in words and dates. */
#include <string.h>

#include "api/ops.h"
#include "api/rules_input.h"
#include "rotation/due.h"

#define FROM_MAX_S INT64_C(7258118400) /* 2200: no schedule goes further */

static int by_hand(struct call *c)
{
  return err_set(c->e, ERR_REQUEST,
                 "There is no schedule: it is rotated by hand only.");
}

/* From, a time; *out_us stays as it is where there is none. */
static int from_read(struct call *c, int64_t *out_us)
{
  const json_t *from = json_object_get(c->in, "From");
  double s = json_number_value(from);

  if (from == NULL || json_is_null(from))
    return 0;
  if (!json_is_number(from) || s < 0 || s > FROM_MAX_S)
    return err_set(c->e, ERR_PARAMETER,
                   "From must be a time: seconds since 1970, up to %lld.",
                   (long long)FROM_MAX_S);
  *out_us = (int64_t)(s * (double)US_PER_S);
  return 0;
}

static int rules_wanted(struct call *c, struct rules_row *rules, char *arn)
{
  struct secret_row row;
  int rc;

  memset(rules, 0, sizeof *rules);
  rules->anchor_us = c->now_us;
  arn[0] = '\0';
  if (json_object_get(c->in, "SecretId") == NULL) {
    rc = rules_take(c, json_object_get(c->in, "RotationRules"), false, rules);
    return rc == 0 && rules->days == 0 && rules->expression[0] == '\0'
               ? by_hand(c)
               : rc;
  }
  rc = call_secret(c, false, &row);
  if (rc != 0)
    return rc;
  memcpy(arn, row.arn, sizeof row.arn);
  rc = store_rules_get(c->api->store, row.id, rules, c->e);
  if (rc == -ERR_NOT_FOUND)
    return err_set(c->e, ERR_REQUEST,
                   "Rotation was never configured for that secret.");
  if (rc == 0 && rules->days == 0 && rules->expression[0] == '\0')
    return by_hand(c);
  return rc;
}

static int occurrences(struct call *c, const struct schedule *s,
                       const struct rules_row *rules, const char *arn,
                       int64_t from_us, int64_t count)
{
  buf_json_key(c->out, "Occurrences");
  buf_putc(c->out, '[');
  for (int64_t i = 0; i < count; i++) {
    struct window w;
    int rc = schedule_next(s, from_us, rules->anchor_us, &w, c->e);

    if (rc == -ERR_NOT_FOUND) {
      err_clear(c->e);
      break;
    }
    if (rc != 0)
      return rc;
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_time(c->out, "StartDate",
                  schedule_start(s, &w, arn, rules->jitter_s * US_PER_S));
    buf_json_time(c->out, "EndDate", w.end_us);
    buf_json_time(c->out, "OpensDate", w.occurrence_us);
    buf_putc(c->out, '}');
    from_us = w.start_us;
  }
  buf_putc(c->out, ']');
  return 0;
}

int op_preview_schedule(struct call *c)
{
  char text[SCHEDULE_TEXT_MAX], arn[STORE_ARN_MAX];
  struct schedule *s = NULL;
  struct rules_row rules;
  int64_t count, from_us = c->now_us;
  int rc = call_int(c, "Count", 5, 1, 100, &count);

  if (rc == 0)
    rc = from_read(c, &from_us);
  if (rc == 0)
    rc = rules_wanted(c, &rules, arn);
  if (rc == 0)
    rc = due_schedule(&rules, false, &s, c->e);
  if (rc != 0)
    return rc;
  schedule_describe(s, text, sizeof text);
  buf_putc(c->out, '{');
  buf_json_str(c->out, "Description", text);
  buf_json_str(c->out, "TimeZone", schedule_zone(s));
  rc = occurrences(c, s, &rules, arn, from_us, count);
  buf_putc(c->out, '}');
  schedule_free(s);
  return rc;
}
