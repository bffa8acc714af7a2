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

void shape_stages(struct buf *out, const char *key, const struct parts *of)
{
  const char *version = "";

  if (of->n_stages == 0)
    return;
  buf_json_key(out, key);
  buf_putc(out, '{');
  for (size_t i = 0; i < of->n_stages; i++) {
    const struct stage_row *stage = &of->stages[i];

    if (strcmp(version, stage->version_id) == 0)
      buf_putc(out, ',');
    else {
      version = stage->version_id;
      if (i > 0)
        buf_putc(out, ']');
      buf_json_key(out, version);
      buf_putc(out, '[');
    }
    buf_json_string(out, stage->label, strlen(stage->label));
  }
  buf_puts(out, "]}");
}

static void shape_tags(struct buf *out, const struct secret_row *row,
                       const struct parts *of)
{
  if (!row->tagged)
    return;
  buf_json_key(out, "Tags");
  buf_putc(out, '[');
  for (size_t i = 0; i < of->n_tags; i++) {
    buf_puts(out, i > 0 ? ",{" : "{");
    buf_json_str(out, "Key", of->tags[i].tag.key);
    buf_json_str(out, "Value", of->tags[i].tag.value);
    buf_putc(out, '}');
  }
  buf_putc(out, ']');
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

/* Nothing when rotation was never configured. */
static void shape_rotation(struct call *c, const struct secret_row *row,
                           const struct parts *of)
{
  const struct rules_row *rules;

  if (of->n_rules == 0)
    return;
  rules = &of->rules[0].rules;
  buf_json_bool(c->out, "RotationEnabled", rules->enabled);
  buf_json_str(c->out, "RotationLambdaARN", rules->rotator_arn);
  shape_rules(c, rules, false);
  if (rules->enabled && !rules->paused && row->deleted_us == 0)
    buf_json_time(c->out, "NextRotationDate",
                  rules->window_end_us != 0 ? rules->window_end_us
                                            : rules->next_due_us);
}

/* Where it comes from: told of secrets that are in more than one region. */
static void shape_primary_region(struct buf *out, const struct secret_row *row)
{
  if (row->replica_id != 0)
    buf_json_str(out, "PrimaryRegion", row->primary_region);
  else if (row->replicas > 0)
    buf_json_str(out, "PrimaryRegion", row->region);
}

/* How a managed external secret is rotated. */
static int shape_external(struct call *c, const struct secret_row *row)
{
  CLEANUP_FREE struct external_row *external = NULL;
  int rc = 0;

  if (row->type[0] == '\0')
    return 0;
  external = calloc(1, sizeof *external);
  if (external == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for a secret's rotation");
  rc = store_external_get(c->api->store, row->id, external, c->e);
  if (rc == -ERR_NOT_FOUND) {
    err_clear(c->e);
    return 0;
  }
  if (rc != 0)
    return rc;
  if (external->metadata != NULL && external->metadata[0] != '\0')
    shape_raw(c->out, "ExternalSecretRotationMetadata",
              (const char *)external->metadata);
  if (external->role_arn[0] != '\0')
    buf_json_str(c->out, "ExternalSecretRotationRoleArn", external->role_arn);
  free(external->metadata);
  return 0;
}

int shape_secret(struct call *c, const struct secret_row *row,
                 const struct parts *of)
{
  call_begin(c, row);
  if (row->type[0] != '\0')
    buf_json_str(c->out, "Type", row->type);
  if (row->description[0] != '\0')
    buf_json_str(c->out, "Description", row->description);
  if (row->kms_key_id[0] != '\0')
    buf_json_str(c->out, "KmsKeyId", row->kms_key_id);
  shape_rotation(c, row, of);
  /* By the model null while rotation is off. */
  if (of->n_rules > 0 && of->rules[0].rules.enabled)
    buf_json_time(c->out, "LastRotatedDate", row->rotated_us);
  buf_json_time(c->out, "LastChangedDate", row->changed_us);
  buf_json_time(c->out, "LastAccessedDate", row->accessed_us);
  buf_json_time(c->out, "DeletedDate", row->deleted_us);
  buf_json_time(c->out, "CreatedDate", row->created_us);
  shape_primary_region(c->out, row);
  shape_tags(c->out, row, of);
  return shape_external(c, row);
}
