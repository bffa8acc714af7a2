/* keyturn rotation history: every attempt at every step. */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/report.h"
#include "cli/table_out.h"

#define LIMIT_MOST 10000
#define PAGE_MOST  100

/* The newest first, as they come. */
struct history {
  json_t *list; /* returned, json_decref */
  size_t limit;
  bool failed_only;
};

static bool is_ok(const json_t *attempt)
{
  const char *class = json_str(attempt, "Class");

  return class != NULL && strcmp(class, "OK") == 0;
}

/* 1 when there are enough. */
static int keep_one(void *arg, const json_t *one, struct err *e)
{
  struct history *h = arg;

  if (h->failed_only && is_ok(one))
    return 0;
  if (json_array_append(h->list, (json_t *)(uintptr_t)one) != 0)
    return err_set(e, ERR_NOMEM, "no memory for the history");
  return json_array_size(h->list) == h->limit ? 1 : 0;
}

static void print_one(struct table_out *t, const json_t *a, bool with_name)
{
  const char *class = json_str(a, "Class"), *code = json_str(a, "Code");
  char text[FORMAT_MAX];

  table_line(t);
  format_time(client_time(a, "StartedDate"), text, sizeof text);
  table_cell(t, COLOR_NONE, text);
  if (with_name)
    table_cell(t, COLOR_NONE, json_str(a, "SecretName"));
  (void)snprintf(text, sizeof text, "%" PRId64, json_int(a, "JobId", 0));
  table_cell(t, COLOR_DIM, text);
  table_cell(t, COLOR_NONE, json_str(a, "Step"));
  (void)snprintf(text, sizeof text, "%" PRId64, json_int(a, "Attempt", 0));
  table_cell(t, COLOR_DIM, text);
  format_duration(
      (int64_t)(json_number_value(json_object_get(a, "DurationMs")) * 1000),
      text, sizeof text);
  table_cell(t, COLOR_NONE, text);
  (void)snprintf(text, sizeof text, "%s%s%s", class == NULL ? "" : class,
                 code == NULL ? "" : " ", code == NULL ? "" : code);
  table_cell(t, is_ok(a) ? COLOR_GOOD : COLOR_BAD, text);
  table_cell(t, COLOR_NONE, json_str(a, "Message"));
}

static int print_all(const struct cli *cli, const json_t *list, bool with_name,
                     struct err *e)
{
  static const char *const all[] = {"STARTED", "NAME",    "JOB",
                                    "STEP",    "TRY",     "TOOK",
                                    "CLASS",   "MESSAGE", NULL};
  static const char *const one[] = {"STARTED", "JOB",   "STEP",    "TRY",
                                    "TOOK",    "CLASS", "MESSAGE", NULL};
  struct table_out *t = NULL;
  int rc = table_new(cli, with_name ? all : one, &t, e);

  for (size_t i = json_array_size(list); rc == 0 && i > 0; i--)
    print_one(t, json_array_get(list, i - 1), with_name);
  if (rc == 0)
    rc = table_print(t, "Nothing was tried yet.", e);
  table_free(t);
  return rc;
}

int cmd_rotation_history(struct cli *cli, const struct args *args,
                         struct err *e)
{
  CLEANUP_JSON json_t *in = json_object(), *list = json_array(), *all = NULL;
  struct history h = {.list = list, .failed_only = args_has(args, "failed")};
  int64_t limit, job;
  int rc = args_number(args, "limit", 20, 1, LIMIT_MOST, &limit, e);

  if (rc == 0)
    rc = args_number(args, "job", 0, 1, INT64_MAX, &job, e);
  if (rc == 0 && args->n_words > 0 &&
      json_object_set_new(in, "SecretId", json_string(args->words[0])) != 0)
    rc = err_set(e, ERR_PARAMETER, "a secret's name is UTF-8 text");
  if (rc != 0)
    return args_refuse(cli, args, "%s", e->text);
  if (job != 0)
    (void)json_object_set_new(in, "JobId", json_integer(job));
  (void)json_object_set_new(
      in, "MaxResults", json_integer(limit < PAGE_MOST ? limit : PAGE_MOST));
  h.limit = (size_t)limit;
  rc = client_each(cli->client, "keyturn.ListRotationAttempts", in, "Attempts",
                   keep_one, &h, e);
  if (rc < 0)
    return rc;
  if (!cli->json)
    return print_all(cli, list, args->n_words == 0, e);
  all = json_pack("{s:O}", "Attempts", list);
  return report_json(cli, all, e);
}
