/* The steps of a rotation, from the history of its attempts. */
#include "cli/stepper.h"

#include <inttypes.h>
#include <string.h>

#include "cli/client.h"
#include "cli/format.h"
#include "cli/table_out.h"

#define RETRY_MAX 10 /* as the engine's; only shown */

static const char *const four[] = {"createSecret", "setSecret", "testSecret",
                                   "finishSecret"};

/* What of a step is known from its attempts. */
struct seen {
  const json_t *last;
  size_t n;
};

static struct seen seen_of(const json_t *job, const char *step)
{
  const json_t *one;
  struct seen s = {0};
  size_t i;

  json_array_foreach (json_object_get(job, "Steps"), i, one)
    if (json_str(one, "Step") != NULL &&
        strcmp(json_str(one, "Step"), step) == 0) {
      s.last = one;
      s.n++;
    }
  return s;
}

static bool text_is(const json_t *of, const char *key, const char *text)
{
  const char *there = json_str(of, key);

  return there != NULL && strcmp(there, text) == 0;
}

/* Phases are steps, with or without AWS's "Secret" behind. */
static bool phase_is(const json_t *job, const char *step)
{
  const char *phase = json_str(job, "Phase");
  size_t len = phase == NULL ? 0 : strlen(phase);

  return len > 0 && strncmp(phase, step, len) == 0 &&
         (step[len] == '\0' || strcmp(step + len, "Secret") == 0);
}

static int64_t duration_us(const json_t *attempt)
{
  return (int64_t)(json_number_value(json_object_get(attempt, "DurationMs")) *
                   1000);
}

/* "UNREACHABLE unreachable: no answer from db1:5432" */
static void say_error(const json_t *attempt, char *out, size_t size)
{
  const char *class = json_str(attempt, "Class");
  const char *code = json_str(attempt, "Code");
  const char *text = json_str(attempt, "Message");

  (void)snprintf(out, size, "%s%s%s%s%s", class == NULL ? "" : class,
                 code == NULL ? "" : " ", code == NULL ? "" : code,
                 text == NULL ? "" : ": ", text == NULL ? "" : text);
  text_tame(out);
}

static void say_running(const json_t *job, const struct seen *s, int64_t now_us,
                        struct step_line *out)
{
  int64_t retry_us = client_time(job, "RetryDate");
  char error[480] = "", when[FORMAT_MAX];

  if (s->last != NULL && !text_is(s->last, "Class", "OK"))
    say_error(s->last, error, sizeof error);
  if (retry_us > now_us) {
    out->mark = MARK_WAITS;
    format_relative(now_us, retry_us, when, sizeof when);
    if (error[0] == '\0')
      (void)snprintf(out->note, sizeof out->note, "begins %s", when);
    else
      (void)snprintf(out->note, sizeof out->note,
                     "again %s (try %zu of %d failed): %s", when, s->n,
                     RETRY_MAX, error);
    return;
  }
  out->mark = MARK_RUNS;
  if (error[0] == '\0')
    (void)snprintf(out->note, sizeof out->note, "running");
  else
    (void)snprintf(out->note, sizeof out->note, "running, try %zu; before: %s",
                   s->n + 1, error);
}

static void say_ended(const struct seen *s, struct step_line *out)
{
  char took[FORMAT_MAX];

  format_duration(duration_us(s->last), took, sizeof took);
  if (text_is(s->last, "Class", "OK")) {
    out->mark = MARK_DONE;
    if (s->n > 1)
      (void)snprintf(out->note, sizeof out->note, "%s, try %zu", took, s->n);
    else
      (void)snprintf(out->note, sizeof out->note, "%s", took);
    return;
  }
  out->mark = MARK_FAILED;
  say_error(s->last, out->note, sizeof out->note);
}

/* AWSCURRENT has moved, so the four steps are behind it. */
static bool is_promoted(const json_t *job)
{
  return text_is(job, "Outcome", "succeeded") ||
         text_is(job, "Outcome", "superseded") || phase_is(job, "retireSecret");
}

static void make_one(const json_t *job, const char *step, int64_t now_us,
                     struct step_line *out)
{
  bool is_active = text_is(job, "Outcome", "active");
  struct seen s = seen_of(job, step);

  memset(out, 0, sizeof *out);
  (void)snprintf(out->name, sizeof out->name, "%s", step);
  if (is_active && phase_is(job, step))
    say_running(job, &s, now_us, out);
  else if (s.last != NULL)
    say_ended(&s, out);
  else if (is_promoted(job)) {
    out->mark = MARK_DONE;
    (void)snprintf(out->note, sizeof out->note, "by the engine");
  } else if (!is_active)
    (void)snprintf(out->note, sizeof out->note, "not reached");
}

/* Steps beyond the four, and phases that are no step of a plugin. */
static bool is_wanted(const json_t *job, const char *step)
{
  return seen_of(job, step).n > 0 ||
         (text_is(job, "Outcome", "active") && phase_is(job, step));
}

size_t stepper_make(const json_t *rotation, int64_t now_us,
                    struct step_line out[STEPPER_MAX])
{
  static const char *const more[] = {"probe", "verify", "redraw",
                                     "revertSecret", "retireSecret"};
  const json_t *job = json_object_get(rotation, "Job");
  bool is_test = text_is(job, "Kind", "test");
  size_t n = 0;

  if (job == NULL)
    return 0;
  for (size_t i = 0; i < sizeof four / sizeof four[0]; i++)
    if (!is_test || i == 0 || i == 2)
      make_one(job, four[i], now_us, &out[n++]);
  for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
    if (is_wanted(job, more[i]))
      make_one(job, more[i], now_us, &out[n++]);
  return n;
}

void stepper_cut(char *text, size_t width)
{
  size_t n = 0;

  for (; *text != '\0'; text++) {
    if (((unsigned char)*text & 0xc0) == 0x80)
      continue; /* inside a character */
    if (n++ == width) {
      *text = '\0';
      return;
    }
  }
}

size_t stepper_print(const struct cli *cli, const json_t *rotation,
                     int64_t now_us, int indent, size_t width)
{
  static const struct {
    enum color color;
    const char *utf8, *ascii;
  } marks[] = {
      [MARK_TODO] = {COLOR_DIM, "·", "."},
      [MARK_DONE] = {COLOR_GOOD, "✓", "ok"},
      [MARK_RUNS] = {COLOR_WARN, "●", ">>"},
      [MARK_WAITS] = {COLOR_WARN, "…", "~~"},
      [MARK_FAILED] = {COLOR_BAD, "✗", "!!"},
  };
  struct step_line lines[STEPPER_MAX];
  size_t n = stepper_make(rotation, now_us, lines);

  for (size_t i = 0; i < n; i++) {
    enum color c = marks[lines[i].mark].color;
    char text[sizeof lines[i].name + sizeof lines[i].note + 8];

    (void)snprintf(text, sizeof text, "%-13.23s %.639s", lines[i].name,
                   lines[i].note);
    if (width > (size_t)indent + 4)
      stepper_cut(text, width - (size_t)indent - 4);
    (void)fprintf(cli->out, "%*s%s%s%s %s\n", indent, "", color_on(cli, c),
                  cli->is_utf8 ? marks[lines[i].mark].utf8
                               : marks[lines[i].mark].ascii,
                  color_off(cli, c), text);
  }
  return n;
}
