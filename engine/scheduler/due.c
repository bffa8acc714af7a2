/* What is due becomes a job.
 *
 * A due time that passed unused, because nobody was there, gets one catch-up
 * in the window that is open or comes next; due_resume decides.  A value that
 * an earlier rotation left under AWSPENDING may be live on the target: its
 * rotation is attempted again, with that value.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "rotation/due.h"
#include "rotation/kept.h"
#include "scheduler/state.h"

#define BAD_RULES_US (3600 * US_PER_S)

struct due {
  struct secret_row secret;
  struct rules_row rules;
  int64_t seen_us; /* the due time that brought us here */
};

static void rearm(struct scheduler *s, const struct due *d,
                  const struct next_due *next)
{
  struct err e = {0};

  if (store_rules_next(s->o.store, d->secret.id, d->seen_us, next, &e) != 0)
    scheduler_trouble(s, "set a due time", &e);
}

/* The rules cannot be read: a person must mend them, and is told hourly. */
static void bad_rules(struct scheduler *s, const struct due *d,
                      const struct err *e)
{
  const struct next_due later = {now_us(s) + BAD_RULES_US,
                                 d->rules.window_end_us};

  log_error("rotation_rules_unusable", log_str("arn", d->secret.arn),
            log_str("error", e->text),
            log_str("next", "not rotated; looked at again in an hour"));
  rearm(s, d, &later);
}

/* Was it missed?  Then rules get the window of its catch-up; *out_now: that is
 * open. */
static int catch_up(struct scheduler *s, struct due *d, bool *out_now,
                    struct err *e)
{
  int64_t now = now_us(s), due_us = d->rules.next_due_us;
  struct next_due next;
  int rc;

  *out_now = true;
  if (now - due_us < LATE_US)
    return 0;
  rc = due_resume(&d->rules, d->secret.arn, now, e);
  if (rc != 0)
    return rc;
  *out_now = d->rules.next_due_us != 0 && d->rules.next_due_us <= now;
  log_info("rotation_missed", log_str("arn", d->secret.arn),
           log_int("late_s", (now - due_us) / US_PER_S),
           log_str("next", *out_now ? "caught up with now"
                           : d->rules.next_due_us != 0
                               ? "caught up with when the next window opens"
                               : "its schedule has come to an end"),
           log_int("in_s", d->rules.next_due_us > now
                               ? (d->rules.next_due_us - now) / US_PER_S
                               : 0));
  if (!*out_now) {
    next = (struct next_due){d->rules.next_due_us, d->rules.window_end_us};
    rearm(s, d, &next);
  }
  return 0;
}

static int job_make(struct scheduler *s, const struct due *d, struct err *e)
{
  struct rules_row after = d->rules;
  struct job_row job = {.secret_id = d->secret.id,
                        .kind = JOB_SCHEDULED,
                        .phase = PHASE_CREATE,
                        .created_us = now_us(s),
                        .wake_us = now_us(s),
                        .window_end_us = d->rules.window_end_us};
  struct next_due next;
  int64_t id;
  int rc = due_next(&after, d->secret.arn, job.created_us, 0, e);

  if (rc != 0)
    return rc;
  next = (struct next_due){after.next_due_us, after.window_end_us};
  memcpy(job.rotator, d->rules.rotator, sizeof job.rotator);
  random_uuid(s->o.random, job.version_id);
  rc = kept_take(s->o.store, &job, e);
  if (rc == 0)
    rc = kept_wait(s->o.store, s->o.waits.settle_us, &job, e);
  if (rc != 0)
    return rc;
  rc = store_job_start(s->o.store, &job, &next, &id, e);
  if (rc == -ERR_REQUEST || rc == -ERR_EXISTS || rc == -ERR_LIMIT) {
    log_warn("rotation_not_started", log_str("arn", d->secret.arn),
             log_str("version", job.version_id), log_str("error", e->text),
             log_str("next", "the next scheduled rotation"));
    rearm(s, d, &next);
    return 0;
  }
  if (rc != 0)
    return rc;
  s->changed = true; /* to be claimed */
  log_info("rotation_due", log_str("arn", d->secret.arn),
           log_str("version", job.version_id), log_int("rotation", id),
           log_str("rotator", job.rotator));
  return 0;
}

static int start(struct scheduler *s, const struct due_row *row, struct err *e)
{
  struct due d = {.seen_us = row->due_us};
  bool is_now;
  int rc = store_rules_get(s->o.store, row->secret_id, &d.rules, e);

  if (rc == 0)
    rc = store_secret_by_id(s->o.store, row->secret_id, &d.secret, e);
  if (rc == -ERR_NOT_FOUND ||
      (rc == 0 && (d.rules.next_due_us != row->due_us || d.rules.paused ||
                   !d.rules.enabled || d.secret.deleted_us != 0))) {
    err_clear(e);
    return 0; /* somebody changed it just now */
  }
  if (rc == 0)
    rc = catch_up(s, &d, &is_now, e);
  if (rc == 0 && is_now)
    rc = job_make(s, &d, e);
  if (rc == -ERR_PARAMETER || rc == -ERR_CONFIG || rc == -ERR_CORRUPT ||
      rc == -ERR_SERIALIZATION) {
    bad_rules(s, &d, e);
    return 0;
  }
  return rc;
}

void due_start(struct scheduler *s, size_t max)
{
  struct err e = {0};
  size_t n = 0;
  int rc = store_due_list(s->o.store, now_us(s), s->due,
                          max < CLAIM_BATCH ? max : CLAIM_BATCH, &n, &e);

  for (size_t i = 0; rc == 0 && i < n; i++) {
    err_clear(&e);
    rc = start(s, &s->due[i], &e);
  }
  if (rc != 0)
    scheduler_trouble(s, "start what is due", &e);
}
