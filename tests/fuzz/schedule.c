/* Schedules: parsed, described, and asked for their windows.
 *
 * Input: lines, any of which may be empty or missing: expression (or a number
 * of days), duration, zone, a blackout's expression, its duration.  The first
 * byte has the switches and the time.
 */
#include "calendar/schedule.h"

#include <inttypes.h>

#include "base/clock.h"
#include "fuzz.h"

enum { LINES = 5, STEPS = 4 };

static void lines_split(char *text, const char *lines[LINES])
{
  for (size_t i = 0; i < LINES; i++) {
    char *end = text == NULL ? NULL : strchr(text, '\n');

    lines[i] = text == NULL || *text == '\n' || *text == '\0' ? NULL : text;
    if (end != NULL)
      *end = '\0';
    text = end == NULL ? NULL : end + 1;
  }
}

/* Windows come one after the other, each with room in it and outside of every
 * blackout at its start. */
static void windows_check(const struct schedule *s, int64_t now_us)
{
  int64_t at_us = now_us, anchor_us = now_us - 3 * US_PER_DAY;
  struct window w, resumed;
  struct err e = {0};

  for (int i = 0; i < STEPS; i++) {
    int rc = schedule_next(s, at_us, anchor_us, &w, &e);

    if (rc != 0) {
      CLAIM(rc == -ERR_NOT_FOUND);
      return;
    }
    CLAIM(w.start_us > at_us);
    CLAIM(w.end_us > w.start_us);
    CLAIM(w.occurrence_us <= w.start_us);
    CLAIM(schedule_is_permitted(s, w.start_us));
    CLAIM(schedule_start(s, &w, "arn:x", US_PER_DAY) >= w.start_us);
    CLAIM(schedule_start(s, &w, "arn:x", US_PER_DAY) < w.end_us);
    if (schedule_resume(s, w.start_us, w.start_us, anchor_us, &resumed, &e) ==
        0)
      CLAIM(resumed.start_us >= w.start_us);
    at_us = w.start_us;
  }
}

static void spec_check(const struct schedule_spec *spec, int64_t now_us)
{
  char text[SCHEDULE_TEXT_MAX];
  struct schedule *s = NULL;
  struct err e = {0};
  int rc = schedule_parse(spec, &s, &e);

  if (rc != 0) {
    CLAIM(s == NULL && e.text[0] != '\0');
    CLAIM(rc == -ERR_PARAMETER);
    for (const char *c = e.text; *c != '\0'; c++)
      CLAIM((unsigned char)*c >= ' ');
    return;
  }
  schedule_describe(s, text, sizeof text);
  CLAIM(text[0] != '\0' && strlen(text) < sizeof text);
  CLAIM(schedule_days(s, now_us) >= 1 && schedule_days(s, now_us) <= 1000);
  windows_check(s, now_us);
  schedule_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  const char *lines[LINES];
  struct blackout_spec blackout = {0};
  struct schedule_spec spec = {0};
  char *text;

  if (len < 1)
    return 0;
  text = fuzz_text(data + 1, len - 1);
  lines_split(text, lines);
  spec.has_days = (data[0] & 1) != 0;
  spec.aws_strict = (data[0] & 2) != 0;
  if (spec.has_days && lines[0] != NULL)
    spec.days = strtoll(lines[0], NULL, 10);
  else
    spec.expression = lines[0];
  spec.duration = lines[1];
  spec.zone = lines[2];
  blackout.expression = lines[3];
  blackout.duration = lines[4];
  spec.blackouts = &blackout;
  spec.blackout_count = lines[3] != NULL;
  /* 64 moments from 2026 to 2089, changes of clocks among them */
  spec_check(&spec,
             INT64_C(1774746000000000) + (data[0] >> 2) * 365 * US_PER_DAY);
  free(text);
  return 0;
}
