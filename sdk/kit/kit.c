/* A run from its beginning to its known end: open, refuse what cannot be run,
 * the rules, and settling which value is live.
 */
#include "kit/kit.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "kit/run.h"
#include "schema/schema.h"

/* "a, b and c" is more than an error needs. */
static void names_list(const json_t *rotators, struct buf *out)
{
  const json_t *one;
  size_t i;

  json_array_foreach (rotators, i, one) {
    buf_puts(out, i == 0 ? "" : ", ");
    buf_puts(out, json_str(one, "name"));
  }
}

static int rotator_choose(struct run *r, struct err *e)
{
  const json_t *list = json_object_get(r->description, "rotators"), *one;
  const char *wanted = r->options->rotator;
  CLEANUP_BUF struct buf names;
  size_t i;

  buf_init(&names, 8192, false);
  names_list(list, &names);
  if (wanted == NULL && json_array_size(list) == 1)
    r->rotator = json_array_get(list, 0);
  else if (wanted == NULL)
    return err_set(e, ERR_PARAMETER, "%s holds several rotators, say which: %s",
                   r->plugin, names.data);
  json_array_foreach (list, i, one)
    if (wanted != NULL && strcmp(json_str(one, "name"), wanted) == 0)
      r->rotator = one;
  if (r->rotator == NULL)
    return err_set(e, ERR_NOT_FOUND, "%s has no rotator %s; it has %s",
                   r->plugin, wanted, names.data);
  r->name = json_str(r->rotator, "name");
  (void)snprintf(r->report->rotator, sizeof r->report->rotator, "%s", r->name);
  return 0;
}

/* Before any step: a value that is not what the plugin asks for. */
static int secret_check(const struct run *r, struct err *e)
{
  const char *text = json_str(r->rotator, "options_schema");
  const json_t *options = json_object_get(r->state, "options");
  CLEANUP_JSON json_t *schema = NULL;
  int rc = 0;

  if (r->schema != NULL)
    rc = schema_check(r->schema, json_object_get(r->state, "AWSCURRENT"), e);
  if (rc != 0)
    return err_wrap(e, "%s: the secret does not fit %s", r->file.path, r->name);
  if (text == NULL || options == NULL)
    return 0;
  rc = schema_parse(text, &schema, e);
  if (rc == 0)
    rc = schema_check(schema, options, e);
  return rc == 0 ? 0
                 : err_wrap(e, "%s: the options do not fit %s", r->file.path,
                            r->name);
}

/* FILE.json must say at the end what logs in.  Where that cannot be found
 * out, FILE.json.kit stays. */
static bool settle(struct run *r)
{
  const struct local_call revert = {.step = LOCAL_REVERT};

  if (!r->touched || json_object_get(r->state, "AWSPENDING") == NULL)
    return true;
  if (r->test_is_blind)
    return false;
  if (run_test(r, "AWSPENDING") == KT_OK)
    return local_promote(r->state, &r->broken) == 0 &&
           secret_file_save(&r->file, r->state, &r->broken) == 0;
  if (run_test(r, "AWSCURRENT") == KT_OK)
    return true;
  return run_has_step(r, LOCAL_REVERT) && run_step(r, NULL, revert) == KT_OK &&
         run_test(r, "AWSCURRENT") == KT_OK;
}

static int rules_run(struct run *r, struct err *e)
{
  int rc;

  if (!rule_schema(r)) {
    r->stopped = "not run: the schema must be right first";
    return 0;
  }
  rc = secret_check(r, e);
  if (rc == 0)
    rc = secret_file_journal(&r->file, r->state, e);
  if (rc != 0)
    return rc;
  if (rules_first_rotation(r))
    rules_second_rotation(r);
  r->report->unsettled = !settle(r);
  if (!r->report->unsettled)
    rc = secret_file_settle(&r->file, e);
  rule_canary(r);
  return rc;
}

static int run_open(struct run *r, const char *secret_file, struct err *e)
{
  int rc = secret_file_open(secret_file, &r->file, e);

  if (rc == 0)
    rc = secret_file_state(&r->file, &r->state, e);
  if (rc == 0)
    rc = child_describe(r->plugin, &r->description, e);
  if (rc == 0)
    rc = rotator_choose(r, e);
  return rc;
}

static void run_close(struct run *r)
{
  if (r->has_last)
    child_result_release(&r->last);
  redact_release(&r->secrets);
  json_decref(r->state);
  json_decref(r->schema);
  json_decref(r->description);
  secret_file_close(&r->file);
}

int kit_run(const char *plugin, const char *secret_file,
            const struct kit_options *o, struct kit_report *out, struct err *e)
{
  static const struct kit_options none = {0};
  struct kit_report report = {0};
  struct run r = {
      .plugin = plugin, .options = o == NULL ? &none : o, .report = &report};
  int rc = run_open(&r, secret_file, e);

  if (rc == 0) {
    rule_descriptor(&r);
    rc = rules_run(&r, e);
  }
  if (rc == 0 && r.broken.code != 0) {
    if (e != NULL)
      *e = r.broken;
    rc = -(int)r.broken.code;
  }
  for (size_t i = 0; rc == 0 && i < KIT_RULES; i++)
    run_skip(&r, (enum kit_rule)i, r.stopped == NULL ? "not run" : r.stopped);
  if (rc == 0)
    *out = report;
  run_close(&r);
  return rc;
}
