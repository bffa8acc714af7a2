/* Events that the store's transactions left behind become lines of the trail,
 * by the names that Secrets Manager gives them in CloudTrail.
 *
 * At least once: a line is on the disk before the event is forgotten, and that
 * and the trail's end are one transaction.  A crash in between leaves lines
 * behind the end that the store knows; their ids are looked for there, so that
 * none is written twice.  An event's id is drawn from the store's and the
 * row's, and is the same each time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/state.h"

#define BATCH       100
#define RETRY_US    US_PER_S
#define PAYLOAD_MAX 8192

static const struct json_limits limits = {PAYLOAD_MAX, 4, 64};

enum kind { ANY, ROTATION, TEST };

/* outcome NULL: whatever it is.  The first row that fits counts; an event
 * that fits none is told elsewhere, or not at all. */
static const struct row {
  const char *type;
  enum kind kind;
  const char *outcome, *name;
} rows[] = {
    {"rotation_started", ROTATION, NULL, "RotationStarted"},
    {"rotation_started", TEST, NULL, "TestRotationStarted"},
    {"rotation_finished", ROTATION, NULL, "RotationSucceeded"},
    {"rotation_ended", ROTATION, "failed", "RotationFailed"},
    {"rotation_ended", ROTATION, "stuck", "RotationFailed"},
    {"rotation_ended", ROTATION, "aborted", "RotationAbandoned"},
    {"rotation_ended", TEST, "succeeded", "TestRotationSucceeded"},
    {"rotation_ended", TEST, NULL, "TestRotationFailed"},
    {"secret_marked", ANY, NULL, "StartSecretVersionDelete"},
    {"secret_restored", ANY, NULL, "CancelSecretVersionDelete"},
    {"secret_purged", ANY, NULL, "EndSecretVersionDelete"},
};

_Static_assert(sizeof rows / sizeof *rows <= AUDIT_TOLD_MAX, "counted");

/* NULL: it is told elsewhere, or not at all. */
static const struct row *row_of(const struct event_row *ev,
                                const json_t *payload)
{
  const char *outcome = json_str(payload, "outcome");
  int64_t kind = json_int(payload, "kind", JOB_SCHEDULED);
  enum kind is = kind == JOB_TEST                              ? TEST
                 : kind == JOB_SCHEDULED || kind == JOB_MANUAL ? ROTATION
                                                               : ANY;

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].type, ev->type) == 0 &&
        (rows[i].kind == ANY || rows[i].kind == is) &&
        (rows[i].outcome == NULL ||
         (outcome != NULL && strcmp(rows[i].outcome, outcome) == 0)))
      return &rows[i];
  return NULL;
}

/* A UUID of version 8 (RFC 9562): ours to fill. */
static int id_make(struct audit *a, int64_t id, char out[UUID_TEXT_LEN + 1],
                   struct err *e)
{
  unsigned char h[CHAIN_HASH_LEN];
  char text[80];
  int n =
      snprintf(text, sizeof text, "event:%s:%" PRId64, a->meta.store_id, id);
  int rc;

  (void)pthread_mutex_lock(&a->lock); /* a->chain is behind it */
  rc = chain_hash(a->chain, text, (size_t)n, h, e);
  (void)pthread_mutex_unlock(&a->lock);
  if (rc != 0)
    return rc;
  h[6] = (unsigned char)((h[6] & 0x0f) | 0x80);
  h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
  (void)snprintf(out, UUID_TEXT_LEN + 1,
                 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                 "%02x%02x%02x%02x%02x%02x",
                 h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9],
                 h[10], h[11], h[12], h[13], h[14], h[15]);
  return 0;
}

/* Was it written before a crash, and not forgotten? */
static bool is_there(struct audit *a, const char *id)
{
  struct trail_text m = {0};
  bool found = false;

  if (a->unknown_at < 0)
    return false;
  if (trail_text_read(a->folder, a->unknown_file, &m, NULL) == 0 &&
      (size_t)a->unknown_at < m.len)
    found = memmem(m.data + a->unknown_at, m.len - (size_t)a->unknown_at, id,
                   strlen(id)) != NULL;
  trail_text_release(&m);
  return found;
}

static const char *or_null(const char *text)
{
  return text == NULL || text[0] == '\0' ? NULL : text;
}

static int tell(struct audit *a, const struct event_row *ev, struct err *e)
{
  CLEANUP_JSON json_t *payload = NULL;
  char id[UUID_TEXT_LEN + 1], request[STORE_ARN_MAX + STORE_ID_MAX + 16];
  struct audit_param more[4];
  struct audit_event line = {.event_id = id, .more = more};
  const struct row *row;
  const char *version;
  int rc = json_read(ev->payload, strlen(ev->payload), &limits, &payload, e);

  if (rc != 0)
    return rc;
  row = row_of(ev, payload);
  if (row == NULL)
    return 0;
  line.event_name = row->name;
  rc = id_make(a, ev->id, id, e);
  if (rc != 0 || is_there(a, id))
    return rc;
  line.time_us = ev->time_us != 0 ? ev->time_us : clock_now_us(a->o.clock);
  line.secret_arn = json_str(payload, "arn");
  version = or_null(json_str(payload, "versionId"));
  more[line.n_more++] =
      (struct audit_param){.name = "SecretId", .text = line.secret_arn};
  if (version != NULL) {
    more[line.n_more++] =
        (struct audit_param){.name = "VersionId", .text = version};
    more[line.n_more++] = (struct audit_param){
        .name = "Rotator", .text = json_str(payload, "rotator")};
    (void)snprintf(request, sizeof request, "Rotation-%s-%s",
                   line.secret_arn == NULL ? "" : line.secret_arn, version);
    line.request_id = request;
  }
  if (strstr(line.event_name, "Failed") != NULL) {
    more[line.n_more++] =
        (struct audit_param){.name = "Step", .text = json_str(payload, "step")};
    line.error_code = or_null(json_str(payload, "code"));
    if (line.error_code == NULL)
      line.error_code = "RotationFailed";
  }
  rc = audit_event(a, &line, e);
  (void)pthread_mutex_lock(&a->lock);
  a->told[row - rows] += rc == 0;
  (void)pthread_mutex_unlock(&a->lock);
  return rc;
}

size_t audit_told(struct audit *a, struct audit_told out[AUDIT_TOLD_MAX])
{
  size_t n = 0;

  (void)pthread_mutex_lock(&a->lock);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (n == 0 || strcmp(out[n - 1].name, rows[i].name) != 0)
      out[n++] = (struct audit_told){rows[i].name, 0};
    out[n - 1].n += a->told[i]; /* rows of one name stand together */
  }
  (void)pthread_mutex_unlock(&a->lock);
  return n;
}

/* A batch; *out_more: there may be more. */
static int drain(struct audit *a, bool *out_more, struct err *e)
{
  CLEANUP_FREE struct event_row *list = NULL;
  struct chain_link at;
  int64_t digests;
  size_t n = 0;
  int rc = store_event_list(a->o.store, 0, BATCH, &list, &n, e);

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = tell(a, &list[i], e);
  *out_more = n == BATCH;
  if (rc != 0 || n == 0)
    return rc;
  (void)pthread_mutex_lock(&a->lock);
  keeper_sync(a);
  at = a->synced;
  digests = a->digest.number;
  rc = a->is_broken ? err_set(e, ERR_IO, "the audit trail is not synced") : 0;
  (void)pthread_mutex_unlock(&a->lock);
  if (rc == 0)
    rc = store_audit_took(a->o.store, at.sequence, at.hash, digests,
                          list[n - 1].id, e);
  if (rc != 0)
    return rc;
  a->ended = at;
  a->ended_digests = digests;
  return 0;
}

void outbox_drain(struct audit *a)
{
  bool more = false;
  struct err e = {0};
  int rc;

  a->has_events = false; /* what comes from now on says so again */
  (void)pthread_mutex_unlock(&a->lock);
  rc = drain(a, &more, &e);
  (void)pthread_mutex_lock(&a->lock);
  if (rc == 0) {
    a->unknown_at = -1; /* whatever there was, it is known now */
    a->has_events = a->has_events || more;
    return;
  }
  a->has_events = true;
  a->events_us = clock_mono_us(clock_system()) + RETRY_US;
  log_warn("audit_events_wait", log_str("error", e.text),
           log_str("next", "they stay in the store; tried again in a second"));
}
