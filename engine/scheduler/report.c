/* The log lines of rotations: one when a step starts, one when it ends.  A
 * step that did not say OK is a warning, and waits for what comes of it. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "scheduler/state.h"

static const char *outcome_name(enum job_outcome outcome)
{
  static const char *const names[] = {
      [JOB_ACTIVE] = "active",   [JOB_SUCCEEDED] = "succeeded",
      [JOB_FAILED] = "failed",   [JOB_STUCK] = "stuck",
      [JOB_ABORTED] = "aborted", [JOB_SUPERSEDED] = "superseded",
  };

  return names[outcome];
}

/* What is in every line about a rotation. */
#define ABOUT(h)                                         \
  log_str("arn", job_secret_arn((h)->job)),              \
      log_str("version", job_row((h)->job)->version_id), \
      log_int("rotation", job_row((h)->job)->id),        \
      log_str("rotator", job_row((h)->job)->rotator)

void report_step_started(struct held *h, enum step step)
{
  log_info("rotation_step_started", ABOUT(h), log_str("step", step_name(step)),
           log_int("attempt", job_row(h->job)->attempt));
}

void report_step_ended(struct held *h, enum step step,
                       const struct step_result *result)
{
  if (result->kt_class != KT_OK) {
    h->complains = true;
    h->step = step;
    h->result = *result;
    return;
  }
  log_info("rotation_step_ended", ABOUT(h), log_str("step", step_name(step)),
           log_str("class", class_name(result->kt_class)),
           log_int("ms", result->duration_us / US_PER_MS));
}

static void next_text(struct held *h, enum next_kind kind, int64_t at_us,
                      enum step step, char *out, size_t size)
{
  int64_t wait_us = at_us - now_us(h->s);

  switch (kind) {
  case NEXT_AT:
    (void)snprintf(out, size, "tried again in %lld s",
                   (long long)(wait_us < 0 ? 0 : wait_us / US_PER_S));
    break;
  case NEXT_STEP:
    (void)snprintf(out, size, "goes on with %s", step_name(step));
    break;
  case NEXT_ENDED:
    (void)snprintf(out, size, "the rotation is over: %s",
                   outcome_name(job_row(h->job)->outcome));
    break;
  case NEXT_LOST:
    (void)snprintf(out, size, "another engine goes on with it");
    break;
  }
}

void report_next(struct held *h, enum next_kind kind, int64_t at_us,
                 enum step step)
{
  char next[128];

  if (!h->complains)
    return;
  h->complains = false;
  next_text(h, kind, at_us, step, next, sizeof next);
  log_warn("rotation_step_ended", ABOUT(h), log_str("step", step_name(h->step)),
           log_str("class", class_name(h->result.kt_class)),
           log_str("code", h->result.code[0] == '\0' ? NULL : h->result.code),
           log_str("message", h->result.message),
           log_int("ms", h->result.duration_us / US_PER_MS),
           log_str("next", next));
}

void report_ended(struct held *h)
{
  const struct job_row *row = job_row(h->job);

  switch (row->outcome) {
  case JOB_FAILED:
    log_warn("rotation_ended", ABOUT(h), log_str("outcome", "failed"),
             log_str("step", row->last_step), log_str("code", row->last_code),
             log_str("next", "AWSCURRENT is as it was; the next scheduled "
                             "rotation, or RotateSecret, tries again"));
    break;
  case JOB_STUCK:
    log_error("rotation_ended", ABOUT(h), log_str("outcome", "stuck"),
              log_str("step", row->last_step), log_str("code", row->last_code),
              log_str("next", "both values are kept; find out which one the "
                              "target takes; RotateSecret, or the next "
                              "scheduled rotation, tries the pending one "
                              "again"));
    break;
  default:
    log_info("rotation_ended", ABOUT(h),
             log_str("outcome", outcome_name(row->outcome)),
             log_int("ms", (row->ended_us - row->created_us) / US_PER_MS));
    break;
  }
}

void report_lost(struct held *h, const struct err *why)
{
  log_warn("rotation_lease_lost", ABOUT(h), log_str("error", why->text),
           log_str("next", "this engine does nothing more for it"));
}

void report_told(struct held *h, enum tell tell)
{
  log_warn("rotation_told", ABOUT(h), log_str("code", tell_code(tell)),
           log_str("next", tell_text(tell)));
}

void report_line(struct held *h, enum kt_level level, const char *text)
{
  static const enum log_level levels[] = {
      [KT_DEBUG] = LOG_DEBUG_,
      [KT_INFO] = LOG_INFO_,
      [KT_WARN] = LOG_WARN_,
  };
  enum log_level at = (size_t)level < sizeof levels / sizeof levels[0]
                          ? levels[level]
                          : LOG_WARN_;

  log_event(at, "rotator_says", ABOUT(h), log_str("text", text));
}

void report_store_failed(struct held *h, const struct err *why)
{
  log_error("rotation_store_failed", ABOUT(h), log_str("error", why->text),
            log_str("next", "nothing was done; tried again soon"));
}
