/* The switches of the target's file: what a test wants to go wrong.
 *
 * A switch is consumed in the file before it strikes, so that it does not
 * strike again in the process that comes after a crash.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

static const char *const places[] = {"before", "middle", "after"};

static const struct {
  const char *name;
  int class;
} classes[] = {{"OK", KT_OK},
               {"UNREACHABLE", KT_UNREACHABLE},
               {"BUSY", KT_BUSY},
               {"AUTH", KT_AUTH},
               {"LOCKED", KT_LOCKED},
               {"POLICY", KT_POLICY},
               {"MISSING", KT_MISSING},
               {"DENIED", KT_DENIED},
               {"CONFIG", KT_CONFIG},
               {"AMBIGUOUS", KT_AMBIGUOUS},
               {"REAUTH_REQUIRED", KT_REAUTH_REQUIRED}};

struct strike {
  int class;
  json_int_t delay_ms;
  bool crash, hang;
};

static const char *string_of(const json_t *object, const char *key)
{
  return json_string_value(json_object_get(object, key));
}

/* "crash" and "hang": {"set": "before"}. */
static bool once_take(json_t *doc, const char *name, const char *word,
                      enum place place)
{
  json_t *object = json_object_get(doc, name);
  const char *when = string_of(object, word);

  if (when == NULL || strcmp(when, places[place]) != 0)
    return false;
  (void)json_object_del(object, word); /* it is there */
  return true;
}

/* "fail": {"set": "BUSY", "times": 3, "when": "after"}. */
static int fail_take(json_t *doc, const char *word, enum place place)
{
  json_t *fail = json_object_get(doc, "fail");
  json_t *times = json_object_get(fail, "times");
  const char *name = string_of(fail, word);
  const char *when = string_of(fail, "when");

  if (name == NULL ||
      strcmp(when == NULL ? places[PLACE_BEFORE] : when, places[place]) != 0)
    return KT_OK;
  if (json_is_integer(times)) {
    if (json_integer_value(times) <= 0)
      return KT_OK;
    (void)json_integer_set(times, json_integer_value(times) - 1);
  }
  for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (strcmp(classes[i].name, name) == 0)
      return classes[i].class;
  return KT_CONFIG;
}

static json_int_t delay_of(const json_t *doc, const char *word,
                           enum place place)
{
  const json_t *delay = json_object_get(doc, "delay_ms");

  if (place != PLACE_BEFORE)
    return 0;
  if (json_is_object(delay))
    delay = json_object_get(delay, word);
  return json_integer_value(delay);
}

static void call_count(json_t *doc, const char *word)
{
  json_t *calls = json_object_get(doc, "calls");

  if (calls == NULL) {
    calls = json_object();
    (void)json_object_set_new(doc, "calls", calls);
  }
  (void)json_object_set_new(/* a count lost for want of memory is lost */
                            calls, word,
                            json_integer(json_integer_value(
                                             json_object_get(calls, word)) +
                                         1));
}

/* Waits as long as the deadline lets; KT_UNREACHABLE once it is over, as for
 * a server that does not answer. */
static int wait_ms(struct kt_step *step, json_int_t ms)
{
  while (ms > 0) {
    int64_t left = step->host->remaining_ms(step);
    long part = ms < 20 ? (long)ms : 20;
    struct timespec t = {0, part * 1000000L};

    if (left == 0) {
      step->host->error(step, "no-answer", "no answer before the deadline");
      return KT_UNREACHABLE;
    }
    (void)nanosleep(&t, NULL); /* cut short is as good */
    ms -= part;
  }
  return KT_OK;
}

static int strike_take(struct target *t, const char *word, enum place place,
                       struct strike *out)
{
  if (place == PLACE_BEFORE)
    call_count(t->doc, word);
  out->delay_ms = delay_of(t->doc, word, place);
  out->crash = once_take(t->doc, "crash", word, place);
  out->hang = once_take(t->doc, "hang", word, place);
  out->class = fail_take(t->doc, word, place);
  return target_write(t);
}

static int strike_do(struct kt_step *step, const char *word,
                     const struct strike *strike)
{
  int rc = wait_ms(step, strike->delay_ms);

  if (rc != KT_OK)
    return rc;
  if (strike->crash)
    abort();
  while (strike->hang)
    (void)pause(); /* for ever, whatever signals come */
  if (strike->class != KT_OK)
    step->host->error(step, "switched-to-fail",
                      "the target's file says that %s fails here", word);
  return strike->class;
}

/* "at_once": {"now": 0, "most": 0}. */
void target_count(struct kt_step *step, int by)
{
  struct target t;
  json_t *at_once;
  json_int_t now;

  if (target_open(step, &t) != KT_OK)
    return; /* the step finds out */
  at_once = json_object_get(t.doc, "at_once");
  if (json_is_object(at_once)) {
    now = json_integer_value(json_object_get(at_once, "now")) + by;
    (void)json_object_set_new(at_once, "now", json_integer(now)); /* as above */
    if (now > json_integer_value(json_object_get(at_once, "most")))
      (void)json_object_set_new(at_once, "most", json_integer(now));
    (void)target_write(&t);
  }
  target_close(&t);
}

int target_switch(struct kt_step *step, const char *word, enum place place)
{
  struct strike strike = {0};
  struct target t;
  int rc = target_open(step, &t);

  if (rc != KT_OK)
    return rc;
  rc = strike_take(&t, word, place, &strike);
  target_close(&t); /* nobody waits for our delay */
  return rc == KT_OK ? strike_do(step, word, &strike) : rc;
}

int target_switch_middle(struct target *t, const char *word)
{
  struct strike strike = {0};
  int rc = strike_take(t, word, PLACE_MIDDLE, &strike);

  return rc == KT_OK ? strike_do(t->step, word, &strike) : rc;
}
