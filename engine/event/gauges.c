/* Steps are counted from the history, on from the last that was counted; the
 * rest is asked anew.  What reads every rule is kept for a while.
 */
#include "event/gauges.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/class.h"
#include "base/cleanup.h"

#define KEEP_US      (15 * US_PER_S)
#define ROTATORS_MAX 1000
#define COUNTS_MAX   20000 /* rotators x steps x classes, as they come */
#define PAGE         1000

/* One rotator's step with one class. */
struct count {
  char rotator[65], step[17];
  int64_t class;
  int64_t n, retries, duration_us;
};

struct gauges {
  struct store *store;
  struct clock *clock;
  pthread_mutex_t lock; /* of all below */
  int64_t step_id;      /* counted up to here */
  struct count *counts;
  size_t n_counts, cap_counts;
  struct rotator_row *rotators;
  size_t n_rotators;
  struct store_counts store_counts;
  int64_t read_us; /* monotonic; 0: never */
};

int gauges_new(struct store *s, struct clock *clock, struct gauges **out,
               struct err *e)
{
  struct gauges *g = calloc(1, sizeof *g);
  int rc;

  if (g == NULL || pthread_mutex_init(&g->lock, NULL) != 0) {
    free(g);
    return err_set(e, ERR_NOMEM, "no memory for metrics");
  }
  g->store = s;
  g->clock = clock;
  rc = store_step_last(s, &g->step_id, e);
  if (rc != 0) {
    gauges_free(g);
    return rc;
  }
  *out = g;
  return 0;
}

void gauges_free(struct gauges *g)
{
  if (g == NULL)
    return;
  (void)pthread_mutex_destroy(&g->lock); /* nobody holds it */
  free(g->counts);
  free(g->rotators);
  free(g);
}

/* ---- reading --------------------------------------------------------------
 */

static struct count *count_of(struct gauges *g, const struct step_row *row,
                              struct err *e)
{
  struct count *more;

  for (size_t i = 0; i < g->n_counts; i++)
    if (g->counts[i].class == row->kt_class &&
        strcmp(g->counts[i].step, row->step) == 0 &&
        strcmp(g->counts[i].rotator, row->rotator) == 0)
      return &g->counts[i];
  if (g->n_counts == g->cap_counts) {
    size_t cap = g->cap_counts == 0 ? 64 : g->cap_counts * 2;

    more = cap > COUNTS_MAX ? NULL : realloc(g->counts, cap * sizeof *more);
    if (more == NULL) {
      (void)err_set(e, ERR_NOMEM, "too many rotators to count");
      return NULL;
    }
    g->counts = more;
    g->cap_counts = cap;
  }
  more = &g->counts[g->n_counts++];
  *more = (struct count){.class = row->kt_class};
  memcpy(more->rotator, row->rotator, sizeof more->rotator);
  memcpy(more->step, row->step, sizeof more->step);
  return more;
}

static int steps_read(struct gauges *g, struct err *e)
{
  size_t n = PAGE;
  int rc = 0;

  while (rc == 0 && n == PAGE) {
    CLEANUP_FREE struct step_row *rows = NULL;

    rc = store_step_list(g->store, g->step_id, PAGE, &rows, &n, e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
      struct count *c = count_of(g, &rows[i], e);

      if (c == NULL)
        return -ERR_NOMEM;
      c->n++;
      c->retries += rows[i].attempt > 1;
      c->duration_us += rows[i].duration_us;
      g->step_id = rows[i].id;
    }
  }
  return rc;
}

static int rest_read(struct gauges *g, struct err *e)
{
  int64_t mono = clock_mono_us(clock_system());
  struct rotator_row *rows = NULL;
  size_t n = 0;
  int rc;

  if (g->read_us != 0 && mono < g->read_us + KEEP_US)
    return 0;
  rc = store_rotator_list(g->store, ROTATORS_MAX, &rows, &n, e);
  if (rc == 0)
    rc = store_counts(g->store, clock_now_us(g->clock), &g->store_counts, e);
  if (rc != 0) {
    free(rows);
    return rc;
  }
  free(g->rotators);
  g->rotators = rows; /* transferred */
  g->n_rotators = n;
  g->read_us = mono;
  return 0;
}

/* ---- writing --------------------------------------------------------------
 */

static void head(struct buf *out, const char *name, const char *type,
                 const char *help)
{
  buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A rotator's name has no character that would have to be escaped. */
static void write_steps(const struct gauges *g, struct buf *out)
{
  head(out, "keyturn_rotation_steps_total", "counter",
       "Steps of rotations that were tried, by class of the answer.");
  for (size_t i = 0; i < g->n_counts; i++) {
    const struct count *c = &g->counts[i];

    buf_printf(out,
               "keyturn_rotation_steps_total{rotator=\"%s\",step=\"%s\","
               "class=\"%s\"} %" PRId64 "\n",
               c->rotator, c->step, class_name((int)c->class), c->n);
  }
  head(out, "keyturn_rotation_retries_total", "counter",
       "Of those, the ones that were not the first try.");
  for (size_t i = 0; i < g->n_counts; i++) {
    const struct count *c = &g->counts[i];

    buf_printf(out,
               "keyturn_rotation_retries_total{rotator=\"%s\",step=\"%s\","
               "class=\"%s\"} %" PRId64 "\n",
               c->rotator, c->step, class_name((int)c->class), c->retries);
  }
  head(out, "keyturn_rotation_step_seconds_total", "counter",
       "Time that steps of rotations took.");
  for (size_t i = 0; i < g->n_counts; i++) {
    const struct count *c = &g->counts[i];

    buf_printf(out,
               "keyturn_rotation_step_seconds_total{rotator=\"%s\","
               "step=\"%s\",class=\"%s\"} %.6f\n",
               c->rotator, c->step, class_name((int)c->class),
               (double)c->duration_us / (double)US_PER_S);
  }
}

enum rotator_gauge { SECRETS, SINCE, UNTIL, LATE, ROTATOR_GAUGES };

static const struct {
  const char *name, *help;
} rotator_gauges[ROTATOR_GAUGES] = {
    [SECRETS] = {"keyturn_rotator_secrets", "Secrets that it rotates."},
    [SINCE] = {"keyturn_rotation_last_success_age_seconds",
               "Since the last success of any of them."},
    [UNTIL] = {"keyturn_rotation_next_seconds",
               "Until the next of them is due; below zero: since it was."},
    [LATE] = {"keyturn_rotation_lateness_seconds",
              "How long the latest of them is past its window."},
};

/* False: it has none. */
static bool rotator_value(const struct rotator_row *r, enum rotator_gauge which,
                          int64_t now_us, double *out)
{
  int64_t late_us = r->late_us == 0 ? 0 : now_us - r->late_us;

  switch (which) {
  case SECRETS:
    *out = (double)r->secrets;
    return true;
  case SINCE:
    *out = (double)(now_us - r->success_us) / (double)US_PER_S;
    return r->success_us != 0;
  case UNTIL:
    *out = (double)(r->due_us - now_us) / (double)US_PER_S;
    return r->due_us != 0;
  default:
    *out = late_us > 0 ? (double)late_us / (double)US_PER_S : 0;
    return true;
  }
}

static void write_rotators(const struct gauges *g, struct buf *out)
{
  int64_t now_us = clock_now_us(g->clock);
  double value;

  for (int which = 0; which < ROTATOR_GAUGES; which++) {
    const char *name = rotator_gauges[which].name;

    head(out, name, "gauge", rotator_gauges[which].help);
    for (size_t i = 0; i < g->n_rotators; i++)
      if (rotator_value(&g->rotators[i], (enum rotator_gauge)which, now_us,
                        &value))
        buf_printf(out, "%s{rotator=\"%s\"} %.3f\n", name,
                   g->rotators[i].rotator, value);
  }
}

static void write_store(const struct gauges *g, int64_t leases, struct buf *out)
{
  const struct store_counts *c = &g->store_counts;
  const struct {
    const char *name, *help;
    int64_t value;
  } all[] = {
      {"keyturn_secrets", "Secrets in the store.", c->secrets},
      {"keyturn_secrets_deleted", "Of those, the ones that wait to be deleted.",
       c->deleted},
      {"keyturn_rotations_scheduled", "Rotations with a next time.",
       c->scheduled},
      {"keyturn_rotations_paused", "Rotations that are paused.", c->paused},
      {"keyturn_rotations_running", "Rotations that are under way.",
       c->running},
      {"keyturn_rotations_failed", "Secrets whose last rotation failed.",
       c->failed},
      {"keyturn_rotations_stuck", "Secrets whose last rotation needs a person.",
       c->stuck},
      {"keyturn_rotations_late", "Rotations that are past their window.",
       c->late},
      {"keyturn_leases", "Rotations that an engine holds.", leases},
  };

  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    head(out, all[i].name, "gauge", all[i].help);
    buf_printf(out, "%s %" PRId64 "\n", all[i].name, all[i].value);
  }
}

int gauges_write(struct gauges *g, struct buf *out, struct err *e)
{
  int64_t leases = 0;
  int rc;

  (void)pthread_mutex_lock(&g->lock); /* cannot fail: a plain mutex */
  rc = steps_read(g, e);
  if (rc == 0)
    rc = rest_read(g, e);
  if (rc == 0)
    rc = store_lease_count(g->store, clock_now_us(g->clock), &leases, e);
  if (rc == 0) {
    write_steps(g, out);
    write_rotators(g, out);
    write_store(g, leases, out);
  }
  (void)pthread_mutex_unlock(&g->lock);
  return rc;
}
