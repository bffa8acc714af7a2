/* Counting, and writing it down. */
#include "event/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/gauges.h"

/* Upper bounds of the histogram, as Prometheus writes them. */
static const struct {
  int64_t us;
  const char *text;
} bounds[] = {{100, "0.0001"}, {250, "0.00025"}, {500, "0.0005"},
              {1000, "0.001"}, {2500, "0.0025"}, {5000, "0.005"},
              {10000, "0.01"}, {25000, "0.025"}, {50000, "0.05"},
              {100000, "0.1"}, {250000, "0.25"}, {500000, "0.5"},
              {1000000, "1"},  {5000000, "5"},   {30000000, "30"}};

#define BOUNDS (sizeof bounds / sizeof bounds[0])

struct action {
  atomic_uint_fast64_t results[METRICS_RESULTS];
  atomic_uint_fast64_t buckets[BOUNDS + 1]; /* not cumulated */
  atomic_uint_fast64_t sum_us;
};

struct metrics {
  struct metrics_options o;
  int64_t started_us;
  struct action *actions; /* n_actions + 1 */
  struct gauges *gauges;
};

static const char *const results[METRICS_RESULTS] = {"ok", "refused", "failed"};

int metrics_new(const struct metrics_options *o, struct metrics **out,
                struct err *e)
{
  struct metrics *m = calloc(1, sizeof *m);
  int rc;

  if (m != NULL)
    m->actions = calloc(o->n_actions + 1, sizeof *m->actions);
  if (m == NULL || m->actions == NULL) {
    metrics_free(m);
    return err_set(e, ERR_NOMEM, "no memory for metrics");
  }
  m->o = *o;
  m->started_us = clock_now_us(o->clock);
  rc = gauges_new(o->store, o->clock, &m->gauges, e);
  if (rc != 0) {
    metrics_free(m);
    return rc;
  }
  *out = m;
  return 0;
}

void metrics_free(struct metrics *m)
{
  if (m == NULL)
    return;
  gauges_free(m->gauges);
  free(m->actions);
  free(m);
}

static void one_more(atomic_uint_fast64_t *counter, uint64_t n)
{
  (void)atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void metrics_request(struct metrics *m, size_t action,
                     enum metrics_result result, int64_t duration_us)
{
  struct action *a =
      &m->actions[action < m->o.n_actions ? action : m->o.n_actions];
  size_t at = 0;

  while (at < BOUNDS && duration_us > bounds[at].us)
    at++;
  one_more(&a->results[result], 1);
  one_more(&a->buckets[at], 1);
  one_more(&a->sum_us, duration_us > 0 ? (uint64_t)duration_us : 0);
}

/* ---- writing --------------------------------------------------------------
 */

static uint64_t get(atomic_uint_fast64_t *counter)
{
  return atomic_load_explicit(counter, memory_order_relaxed);
}

static const char *action_name(const struct metrics *m, size_t i)
{
  return i < m->o.n_actions ? m->o.actions[i] : "other";
}

static void write_requests(struct metrics *m, struct buf *out)
{
  buf_puts(out, "# HELP keyturn_api_requests_total Requests by operation and "
                "how they came out.\n"
                "# TYPE keyturn_api_requests_total counter\n");
  for (size_t i = 0; i <= m->o.n_actions; i++)
    for (size_t r = 0; r < METRICS_RESULTS; r++) {
      uint64_t n = get(&m->actions[i].results[r]);

      if (n > 0)
        buf_printf(out,
                   "keyturn_api_requests_total{action=\"%s\",result=\"%s\"} "
                   "%" PRIu64 "\n",
                   action_name(m, i), results[r], n);
    }
}

static void write_histogram(struct metrics *m, size_t i, struct buf *out)
{
  const char *name = "keyturn_api_request_duration_seconds";
  struct action *a = &m->actions[i];
  const char *action = action_name(m, i);
  uint64_t n = 0;

  for (size_t at = 0; at <= BOUNDS; at++) {
    n += get(&a->buckets[at]);
    buf_printf(out, "%s_bucket{action=\"%s\",le=\"%s\"} %" PRIu64 "\n", name,
               action, at < BOUNDS ? bounds[at].text : "+Inf", n);
  }
  buf_printf(out, "%s_sum{action=\"%s\"} %.6f\n", name, action,
             (double)get(&a->sum_us) / (double)US_PER_S);
  buf_printf(out, "%s_count{action=\"%s\"} %" PRIu64 "\n", name, action, n);
}

static bool is_used(struct action *a)
{
  for (size_t at = 0; at <= BOUNDS; at++)
    if (get(&a->buckets[at]) > 0)
      return true;
  return false;
}

static void write_durations(struct metrics *m, struct buf *out)
{
  buf_puts(out, "# HELP keyturn_api_request_duration_seconds Time until the "
                "answer was ready.\n"
                "# TYPE keyturn_api_request_duration_seconds histogram\n");
  for (size_t i = 0; i <= m->o.n_actions; i++)
    if (is_used(&m->actions[i]))
      write_histogram(m, i, out);
}

static void put(struct buf *out, const char *name, const char *type,
                const char *help, int64_t value)
{
  buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", name, help,
             name, type, name, value);
}

static void write_audit(struct metrics *m, struct buf *out)
{
  struct audit_stats s;

  audit_stats(m->o.audit, &s);
  put(out, "keyturn_audit_records_total", "counter",
      "Records written to the audit trail.", (int64_t)s.records);
  put(out, "keyturn_audit_failures_total", "counter",
      "Records that could not be written: no answer was given.",
      (int64_t)s.failures);
  put(out, "keyturn_audit_failing", "gauge",
      "1 while the audit trail cannot be written.", s.is_failing);
  put(out, "keyturn_audit_unsynced_records", "gauge",
      "Records that are not on the disk yet.", s.sequence - s.synced);
  put(out, "keyturn_audit_digests_total", "counter",
      "Signed digests of the audit trail.", s.digests);
}

static void write_told(struct metrics *m, struct buf *out)
{
  struct audit_told told[AUDIT_TOLD_MAX];
  size_t n = audit_told(m->o.audit, told);

  buf_puts(out, "# HELP keyturn_events_total What it did by itself: rotations "
                "and deletions, as the audit trail names them.\n"
                "# TYPE keyturn_events_total counter\n");
  for (size_t i = 0; i < n; i++)
    buf_printf(out, "keyturn_events_total{event=\"%s\"} %" PRIu64 "\n",
               told[i].name, told[i].n);
}

void metrics_write(struct metrics *m, struct buf *out)
{
  struct err e = {0};

  buf_printf(out,
             "# HELP keyturn_build_info The version that runs.\n"
             "# TYPE keyturn_build_info gauge\n"
             "keyturn_build_info{version=\"%s\"} 1\n",
             m->o.version);
  put(out, "keyturn_start_time_seconds", "gauge",
      "When it was started, in seconds since 1970.", m->started_us / US_PER_S);
  write_requests(m, out);
  write_durations(m, out);
  write_audit(m, out);
  write_told(m, out);
  if (gauges_write(m->gauges, out, &e) != 0)
    log_error("metrics_not_whole", log_str("error", e.text),
              log_str("next", "read again when somebody looks again"));
}
