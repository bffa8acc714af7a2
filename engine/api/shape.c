/* The shapes that several replies share. */
#include "api/shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rotation/due.h"

void shape_strings(struct buf *out, const char *key,
                   const char (*texts)[STORE_LABEL_MAX], size_t n)
{
  buf_json_key(out, key);
  buf_putc(out, '[');
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      buf_putc(out, ',');
    buf_json_string(out, texts[i], strlen(texts[i]));
  }
  buf_putc(out, ']');
}

void shape_raw(struct buf *out, const char *key, const char *json)
{
  buf_json_key(out, key);
  buf_puts(out, json);
}

int shape_stages(struct call *c, const char *key, int64_t secret_id)
{
  CLEANUP_FREE struct version_row *rows = NULL;
  size_t n = 0;
  int rc = store_version_list(c->api->store, secret_id, false, &rows, &n, c->e);

  if (rc != 0 || n == 0)
    return rc;
  buf_json_key(c->out, key);
  buf_putc(c->out, '{');
  for (size_t i = 0; i < n; i++)
    shape_strings(c->out, rows[i].version_id,
                  (const char(*)[STORE_LABEL_MAX])rows[i].labels,
                  rows[i].n_labels);
  buf_putc(c->out, '}');
  return 0;
}

int shape_tags(struct call *c, const struct secret_row *row)
{
  struct tag tags[STORE_TAGS];
  size_t n = 0;
  int rc;

  if (!row->tagged)
    return 0;
  rc = store_tag_list(c->api->store, row->id, tags, STORE_TAGS, &n, c->e);
  if (rc != 0)
    return rc;
  buf_json_key(c->out, "Tags");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < n; i++) {
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_str(c->out, "Key", tags[i].key);
    buf_json_str(c->out, "Value", tags[i].value);
    buf_putc(c->out, '}');
  }
  buf_putc(c->out, ']');
  return 0;
}

static int64_t rules_days(struct call *c, const struct rules_row *rules)
{
  struct schedule *s = NULL;
  int64_t days;

  if (rules->days > 0)
    return rules->days;
  if (due_schedule(rules, false, &s, NULL) != 0)
    return 0;
  days = schedule_days(s, c->now_us);
  schedule_free(s);
  return days;
}

void shape_rules(struct call *c, const struct rules_row *rules, bool extended)
{
  int64_t days = rules_days(c, rules);

  buf_json_key(c->out, "RotationRules");
  buf_putc(c->out, '{');
  if (days > 0)
    buf_json_int(c->out, "AutomaticallyAfterDays", days);
  if (rules->duration[0] != '\0')
    buf_json_str(c->out, "Duration", rules->duration);
  if (rules->expression[0] != '\0')
    buf_json_str(c->out, "ScheduleExpression", rules->expression);
  if (extended) {
    buf_json_str(c->out, "TimeZone",
                 rules->zone[0] != '\0' ? rules->zone : "UTC");
    if (rules->blackouts[0] != '\0')
      shape_raw(c->out, "Blackouts", rules->blackouts);
    if (rules->options[0] != '\0')
      shape_raw(c->out, "Options", rules->options);
    buf_json_int(c->out, "JitterSeconds", rules->jitter_s);
    if (rules->grace_s >= 0)
      buf_json_int(c->out, "GraceSeconds", rules->grace_s);
  }
  buf_putc(c->out, '}');
}

int shape_rotation(struct call *c, const struct secret_row *row)
{
  struct rules_row rules;
  int rc = store_rules_get(c->api->store, row->id, &rules, c->e);

  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0)
    return rc;
  buf_json_bool(c->out, "RotationEnabled", rules.enabled);
  buf_json_str(c->out, "RotationLambdaARN", rules.rotator_arn);
  shape_rules(c, &rules, false);
  if (rules.enabled && !rules.paused && row->deleted_us == 0)
    buf_json_time(c->out, "NextRotationDate",
                  rules.window_end_us != 0 ? rules.window_end_us
                                           : rules.next_due_us);
  return 0;
}

int shape_secret(struct call *c, const struct secret_row *row)
{
  int rc;

  call_begin(c, row);
  if (row->description[0] != '\0')
    buf_json_str(c->out, "Description", row->description);
  if (row->kms_key_id[0] != '\0')
    buf_json_str(c->out, "KmsKeyId", row->kms_key_id);
  rc = shape_rotation(c, row);
  if (rc != 0)
    return rc;
  buf_json_time(c->out, "LastRotatedDate", row->rotated_us);
  buf_json_time(c->out, "LastChangedDate", row->changed_us);
  buf_json_time(c->out, "LastAccessedDate", row->accessed_us);
  buf_json_time(c->out, "DeletedDate", row->deleted_us);
  buf_json_time(c->out, "CreatedDate", row->created_us);
  return shape_tags(c, row);
}
