/* Following rotations: start some, ask about each, draw, again. */
#include "cli/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/hint.h"
#include "cli/report.h"
#include "cli/table_out.h"
#include "cli/watch_draw.h"

#define POLL_FIRST_US (50 * US_PER_MS)
#define POLL_MOST_US  (1 * US_PER_S)

int runs_add(struct runs *r, const char *name, struct err *e)
{
  if (r->n == r->cap) {
    size_t cap = r->cap == 0 ? 16 : r->cap * 2;
    struct run *more = reallocarray(r->list, cap, sizeof *more);

    if (more == NULL)
      return err_set(e, ERR_NOMEM, "no memory for %zu rotations", cap);
    r->list = more;
    r->cap = cap;
  }
  memset(&r->list[r->n], 0, sizeof r->list[r->n]);
  r->list[r->n].name = strdup(name);
  if (r->list[r->n].name == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a name");
  r->n++;
  return 0;
}

void runs_free(struct runs *r)
{
  for (size_t i = 0; i < r->n; i++) {
    json_decref(r->list[i].rotation);
    free(r->list[i].name);
  }
  free(r->list);
  *r = (struct runs){0};
}

static bool text_is(const json_t *of, const char *key, const char *text)
{
  const char *there = json_str(of, key);

  return there != NULL && strcmp(there, text) == 0;
}

enum run_state watch_state(const json_t *rotation, const char *token)
{
  const json_t *job = json_object_get(rotation, "Job");
  const char *outcome = json_str(job, "Outcome");
  const char *phase = json_str(job, "Phase");

  if (outcome == NULL || !text_is(job, "VersionId", token))
    return RUN_ACTIVE; /* not there yet */
  if (strcmp(outcome, "active") == 0)
    /* The new value is current; what retires the old one may take a day. */
    return phase != NULL && strncmp(phase, "retire", 6) == 0 ? RUN_GOOD
                                                             : RUN_ACTIVE;
  return strcmp(outcome, "succeeded") == 0 || strcmp(outcome, "superseded") == 0
             ? RUN_GOOD
             : RUN_BAD;
}

bool watch_is_past(const json_t *rotation, const char *token,
                   int64_t started_us)
{
  const json_t *job = json_object_get(rotation, "Job");

  return job != NULL && !text_is(job, "VersionId", token) &&
         client_time(job, "CreatedDate") > started_us;
}

/* The reply says which version it is: after a stuck rotation not ours, but the
 * one that was kept. */
static void take_version(struct run *run, const json_t *reply)
{
  const char *id = json_str(reply, "VersionId");

  if (id != NULL && strlen(id) < sizeof run->token)
    memcpy(run->token, id, strlen(id) + 1);
}

int watch_start(struct cli *cli, struct run *run)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "SecretId", run->name);
  CLEANUP_JSON json_t *reply = NULL;
  int rc;

  random_uuid(random_system(), run->token);
  run->started_us = report_now_us();
  if (in == NULL || json_object_set_new(in, "ClientRequestToken",
                                        json_string(run->token)) != 0)
    rc = err_set(&run->err, ERR_PARAMETER, "a secret's name is UTF-8 text");
  else
    rc = client_call(cli->client, "secretsmanager.RotateSecret", in, &reply,
                     &run->err);
  if (rc == 0)
    take_version(run, reply);
  run->state = rc == 0 ? RUN_ACTIVE : RUN_BAD;
  run->ended_us = rc == 0 ? 0 : run->started_us;
  return rc;
}

/* A newer rotation stands in the place of ours, which must have ended: did its
 * value become current? */
static int settle(struct cli *cli, struct run *run)
{
  CLEANUP_JSON json_t *secret = NULL;
  int rc = client_call_secret(cli->client, "secretsmanager.DescribeSecret",
                              run->name, &secret, &run->err);

  if (rc != 0)
    run->state = RUN_BAD;
  else if (json_object_get(json_object_get(secret, "VersionIdsToStages"),
                           run->token) != NULL)
    run->state = RUN_GOOD;
  else {
    run->state = RUN_BAD;
    (void)err_set(&run->err, ERR_REQUEST,
                  "it ended, and another rotation has begun since; see "
                  "keyturn rotation history %s",
                  run->name);
  }
  return rc;
}

static int follow(struct cli *cli, struct run *run)
{
  json_t *reply = NULL;
  int rc = client_call_secret(cli->client, "keyturn.DescribeRotation",
                              run->name, &reply, &run->err);

  if (rc == 0) {
    json_decref(run->rotation);
    run->rotation = reply;
    run->state = watch_state(reply, run->token);
    if (watch_is_past(reply, run->token, run->started_us))
      rc = settle(cli, run);
  } else
    run->state = RUN_BAD;
  if (run->state != RUN_ACTIVE)
    run->ended_us = report_now_us();
  return rc;
}

/* One round; *out_left: those that are not at their end. */
static int advance(struct cli *cli, struct runs *runs, size_t parallel,
                   size_t *out_left, struct err *e)
{
  size_t active = 0, left = 0;

  for (size_t i = 0; i < runs->n; i++) {
    struct run *run = &runs->list[i];
    int rc = 0;

    if (run->state == RUN_ACTIVE)
      rc = follow(cli, run);
    else if (run->state == RUN_QUEUED && active < parallel)
      rc = watch_start(cli, run);
    active += run->state == RUN_ACTIVE;
    left += run->state == RUN_ACTIVE || run->state == RUN_QUEUED;
    /* Without the daemon the others will not do better. */
    if (rc == -ERR_UNREACHABLE) {
      *e = run->err;
      return rc;
    }
  }
  *out_left = left;
  return 0;
}

static void pause_us(int64_t us)
{
  const struct timespec t = {us / US_PER_S, us % US_PER_S * 1000};

  (void)nanosleep(&t, NULL); /* woken early is no harm */
}

static int timed_out(size_t left, struct err *e)
{
  return err_set(e, ERR_DEADLINE,
                 "the time given is over and %zu of the rotations still run; "
                 "they go on in keyturnd",
                 left);
}

int watch_all(struct cli *cli, struct runs *runs, const struct watch_options *o,
              struct err *e)
{
  int64_t poll_us = POLL_FIRST_US, begin_us = report_now_us();
  struct watch_draw draw;
  size_t left = 1;
  int rc = 0;

  watch_draw_init(&draw, cli, runs, o->mode);
  while (rc == 0) {
    rc = advance(cli, runs, o->parallel, &left, e);
    watch_draw_update(&draw);
    if (rc != 0 || left == 0)
      break;
    if (o->timeout_us > 0 && report_now_us() - begin_us > o->timeout_us)
      rc = timed_out(left, e);
    pause_us(poll_us);
    if (report_now_us() - begin_us > 20 * poll_us && poll_us < POLL_MOST_US)
      poll_us *= 2;
  }
  for (size_t i = 0; i < runs->n && !cli->json; i++)
    if (runs->list[i].state == RUN_GOOD || runs->list[i].state == RUN_BAD)
      watch_result(cli, &runs->list[i]);
  return rc;
}

/* The words of a failure: the API's, or the last attempt's. */
static void say_bad(const struct cli *cli, const struct run *run)
{
  const char *outcome =
      json_str(json_object_get(run->rotation, "Job"), "Outcome");
  const char *step = json_str(run->rotation, "LastStep");
  const char *class = json_str(run->rotation, "LastClass");
  const char *code = json_str(run->rotation, "LastCode");
  const char *text = json_str(run->rotation, "LastMessage");
  char line[ERR_TEXT_MAX + 16];

  if (run->err.code != 0)
    (void)snprintf(line, sizeof line, "not rotated: %s", run->err.text);
  else
    (void)snprintf(line, sizeof line, "%s in %s: %s%s%s%s%s",
                   outcome == NULL ? "failed" : outcome,
                   step == NULL ? "no step" : step, class == NULL ? "" : class,
                   code == NULL ? "" : " ", code == NULL ? "" : code,
                   text == NULL ? "" : ": ", text == NULL ? "" : text);
  text_tame(line);
  (void)fprintf(cli->out, "%s%s: %s%s\n", color_on(cli, COLOR_BAD), run->name,
                line, color_off(cli, COLOR_BAD));
}

void watch_result(const struct cli *cli, const struct run *run)
{
  char took[FORMAT_MAX];

  if (run->state == RUN_BAD) {
    say_bad(cli, run);
    return;
  }
  format_duration(run->ended_us - run->started_us, took, sizeof took);
  (void)fprintf(cli->out, "%s%s: rotated%s in %s, version %s\n",
                color_on(cli, COLOR_GOOD), run->name,
                color_off(cli, COLOR_GOOD), took, run->token);
}

int watch_json(const struct cli *cli, const struct runs *runs, struct err *e)
{
  static const char *const states[] = {"queued", "running", "rotated",
                                       "failed"};
  CLEANUP_JSON json_t *list = json_array();
  CLEANUP_JSON json_t *all = json_pack("{s:O}", "Rotations", list);

  for (size_t i = 0; i < runs->n; i++) {
    const struct run *run = &runs->list[i];
    json_t *one = json_pack("{s:s, s:s, s:s}", "Name", run->name, "Result",
                            states[run->state], "VersionId", run->token);

    if (run->rotation != NULL)
      (void)json_object_set(one, "Rotation", run->rotation);
    if (run->err.code != 0)
      (void)json_object_set_new(one, "Error", json_string(run->err.text));
    (void)json_array_append_new(list, one);
  }
  return report_json(cli, all, e);
}
