/* From the store to running jobs: what is due becomes a job, what nobody holds
 * is claimed, what is over a limit waits.
 *
 * Nothing is claimed without room for one more job, so that what is due in
 * masses stays in the store.  A job whose rotator or host is busy is given
 * back at once with a wait of PARK_US, and remembered: a slot that frees calls
 * the one that waits longest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/log.h"
#include "scheduler/state.h"

/* The target host: "host" in the current value.  "" when it cannot be had;
 * whatever the reason is, the rotation itself will find it. */
static void host_of(struct scheduler *s, const struct job_row *row, char *out,
                    size_t size)
{
  CLEANUP_SECRET struct secret value = {0};
  CLEANUP_JSON json_t *j = NULL;
  const char *host = NULL;
  struct err e = {0};

  out[0] = '\0';
  if (s->o.journal->value(s->o.journal, row, KT_SECRET, "AWSCURRENT", &value,
                          &e) != 0)
    return;
  if (json_read((const char *)value.data, value.len, &json_limits_request, &j,
                &e) == 0)
    host = json_str(j, "host");
  if (host != NULL)
    (void)snprintf(out, size, "%s", host); /* cut */
}

/* ---- waiters ---------------------------------------------------------------
 */

static void waiter_remove(struct scheduler *s, struct waiter **at)
{
  struct waiter *w = *at;

  *at = w->next;
  if (s->waiters_end == &w->next)
    s->waiters_end = at;
  s->n_waiters--;
  free(w);
}

/* The claim that just came makes what we remember of the job stale. */
static void waiter_forget(struct scheduler *s, int64_t job_id)
{
  for (struct waiter **at = &s->waiters; *at != NULL; at = &(*at)->next)
    if ((*at)->row.id == job_id) {
      waiter_remove(s, at);
      return;
    }
}

static void waiter_add(struct scheduler *s, const struct job_row *row,
                       int64_t wake_us, const struct slot *slot)
{
  struct waiter *w = calloc(1, sizeof *w);

  if (w == NULL)
    return; /* it comes back by its wake time */
  w->row = *row;
  w->wake_us = wake_us;
  slot_init(&w->slot, slot->rotator, slot->host);
  *s->waiters_end = w;
  s->waiters_end = &w->next;
  s->n_waiters++;
}

/* Lets go of a claimed job for a while. */
static void give_back(struct scheduler *s, struct job_row *row,
                      int64_t delay_us)
{
  struct err e = {0};

  row->wake_us = now_us(s) + delay_us +
                 (int64_t)random_below(s->o.random, (uint64_t)delay_us / 4 + 1);
  row->lease_until_us = 0;
  row->owner[0] = '\0';
  if (store_job_save(s->o.store, row, NULL, &e) != 0)
    scheduler_trouble(s, "give a rotation back", &e); /* its lease ends */
}

static void park(struct scheduler *s, struct job_row *row,
                 const struct slot *slot)
{
  int64_t wake_us = row->wake_us;
  bool is_full = s->n_waiters >= WAITERS_MAX;

  /* What cannot be remembered comes back by its wake time alone, and not so
   * often that the store is busy with nothing else. */
  give_back(s, row, is_full ? 4 * PARK_US : PARK_US);
  if (!is_full)
    waiter_add(s, row, wake_us, slot);
  log_debug("rotation_waits", log_int("rotation", row->id),
            log_str("version", row->version_id),
            log_str("rotator", row->rotator), log_str("host", slot->host),
            log_str("next", "begins when another rotation of this rotator or "
                            "host has ended"));
}

/* Takes the lease of a waiter again: nobody else had it if its fence did not
 * move, and then the row is as we know it. */
static void waiter_start(struct scheduler *s, struct job_row *row,
                         const struct slot *slot)
{
  struct err e = {0};
  int rc;

  (void)snprintf(row->owner, sizeof row->owner, "%s", s->owner); /* checked */
  row->lease_until_us = now_us(s) + s->o.lease_us;
  rc = store_job_save(s->o.store, row, NULL, &e);
  if (rc == 0)
    rc = store_job_by_id(s->o.store, row->id, row, &e); /* its cancel */
  if (rc == 0)
    rc = held_start(s, row, slot, &e);
  if (rc != 0 && rc != -ERR_FENCED)
    scheduler_trouble(s, "go on with a rotation that waited", &e);
}

static void waiters_start(struct scheduler *s)
{
  struct waiter **at = &s->waiters;

  while (*at != NULL && slots_room(&s->slots) > 0) {
    struct slot slot = (*at)->slot;
    struct job_row row = (*at)->row;

    if (!slots_fit(&s->slots, &slot)) {
      at = &(*at)->next;
      continue;
    }
    row.wake_us = (*at)->wake_us;
    waiter_remove(s, at);
    waiter_start(s, &row, &slot);
  }
}

void claim_release(struct scheduler *s)
{
  while (s->waiters != NULL)
    waiter_remove(s, &s->waiters);
}

/* ---- claims
 * ------------------------------------------------------------------ */

static void take(struct scheduler *s, struct job_row *row)
{
  struct slot slot;
  struct err e = {0};
  char host[sizeof slot.host];
  int rc;

  waiter_forget(s, row->id);
  host_of(s, row, host, sizeof host);
  slot_init(&slot, row->rotator, host);
  /* Who is told to stop must not wait for others to end. */
  if (row->cancel == CANCEL_NONE && !slots_fit(&s->slots, &slot)) {
    park(s, row, &slot);
    return;
  }
  rc = held_start(s, row, &slot, &e);
  if (rc == 0)
    return;
  log_warn("rotation_not_started", log_int("rotation", row->id),
           log_str("version", row->version_id),
           log_str("rotator", row->rotator), log_str("error", e.text),
           log_str("next", "tried again in about 30 s"));
  give_back(s, row, PARK_US);
}

void claim_jobs(struct scheduler *s)
{
  size_t room, n = 0;
  struct err e = {0};

  waiters_start(s);
  room = slots_room(&s->slots);
  if (room == 0)
    return;
  if (room > CLAIM_BATCH)
    room = CLAIM_BATCH;
  FAULT_POINT(FAULT_SCHED_BEFORE_CLAIM);
  if (store_job_claim(s->o.store, s->owner, now_us(s), s->o.lease_us, s->batch,
                      room, &n, &e) != 0) {
    scheduler_trouble(s, "claim rotations", &e);
    return;
  }
  if (n > 0)
    FAULT_POINT(FAULT_SCHED_AFTER_CLAIM);
  for (size_t i = 0; i < n; i++)
    take(s, &s->batch[i]);
  if (n == room)
    s->changed = true; /* there may be more */
  else
    due_start(s, room - n);
}
