/* GetUsage: calls of a month by principal and action, what the secrets held,
 * and what AWS would have asked for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ops.h"
#include "base/cleanup.h"
#include "event/usage.h"

#define PAGE 500
/* AWS's list prices, in US dollars. */
#define A_SECRET       0.40 /* and month, by the hour */
#define TEN_THOUSAND   10000.0
#define A_TEN_THOUSAND 0.05 /* calls of Secrets Manager; IAM's are free */
#define BILLED         "secretsmanager:"

static int month_read(struct call *c, int64_t *out)
{
  const char *text;
  int year, month, n = 0;
  int rc = call_str(c, "Month", false, 1, 16, &text);

  if (rc != 0)
    return rc;
  *out = usage_month(c->now_us);
  if (text == NULL)
    return 0;
  if (strlen(text) != 7 || sscanf(text, "%4d-%2d%n", &year, &month, &n) != 2 ||
      n != 7 || year < 1970 || month < 1 || month > 12)
    return err_set(c->e, ERR_PARAMETER,
                   "Month must be a year and a month, as 2026-11.");
  *out = (int64_t)year * 100 + month;
  return 0;
}

struct sums {
  int64_t calls, billed;
};

static void put_row(struct call *c, const struct usage_row *row,
                    struct sums *sums)
{
  bool is_billed = strncmp(row->action, BILLED, sizeof BILLED - 1) == 0;

  buf_puts(c->out, c->out->data[c->out->len - 1] == '[' ? "{" : ",{");
  buf_json_str(c->out, "Principal", row->principal);
  buf_json_str(c->out, "Action", row->action);
  buf_json_int(c->out, "Calls", row->calls);
  buf_putc(c->out, '}');
  sums->calls += row->calls;
  sums->billed += is_billed ? row->calls : 0;
}

static int put_calls(struct call *c, int64_t month, struct sums *sums)
{
  struct usage_row last;
  size_t n = PAGE;
  int rc = 0;

  for (bool is_first = true; rc == 0 && n == PAGE; is_first = false) {
    CLEANUP_FREE struct usage_row *rows = NULL;

    rc = store_usage_list(c->api->store, month, is_first ? NULL : &last, PAGE,
                          &rows, &n, c->e);
    for (size_t i = 0; rc == 0 && i < n; i++)
      put_row(c, &rows[i], sums);
    if (rc == 0 && n > 0)
      last = rows[n - 1];
  }
  return rc;
}

static void put_dollars(struct call *c, const char *key, double dollars)
{
  buf_json_key(c->out, key);
  buf_printf(c->out, "%.6f", dollars);
}

int op_get_usage(struct call *c)
{
  int64_t month, held_s = 0;
  struct sums sums = {0};
  double months, calls_price;
  char text[24];
  int rc = month_read(c, &month);

  if (rc == 0)
    rc = usage_flush(c->api->usage, c->e);
  if (rc == 0)
    rc = store_usage_held(c->api->store, month, &held_s, c->e);
  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Calls\":[");
  rc = put_calls(c, month, &sums);
  months = (double)held_s / (double)usage_month_s(month);
  calls_price = (double)sums.billed / TEN_THOUSAND * A_TEN_THOUSAND;
  (void)snprintf(text, sizeof text, "%04" PRId64 "-%02" PRId64, month / 100,
                 month % 100);
  buf_putc(c->out, ']');
  buf_json_str(c->out, "Month", text);
  buf_json_int(c->out, "TotalCalls", sums.calls);
  buf_json_int(c->out, "BilledCalls", sums.billed);
  put_dollars(c, "SecretMonths", months);
  put_dollars(c, "SecretsPrice", months * A_SECRET);
  put_dollars(c, "CallsPrice", calls_price);
  put_dollars(c, "Price", months * A_SECRET + calls_price);
  buf_json_str(c->out, "Currency", "USD");
  buf_putc(c->out, '}');
  return rc;
}
