/* The text of a cron expression to bit sets.  Every refusal names the field,
 * what was found and what is allowed; a field is read item by item, and an
 * item by one function for each kind.
 */
#include "calendar/cron.h"

#include <string.h>
#include <strings.h>

#include "calendar/civil.h"

enum field { MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS, FIELD_COUNT };

static const char month_names[][4] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char weekday_names[][4] = {"SUN", "MON", "TUE", "WED",
                                        "THU", "FRI", "SAT"};

static const struct {
  const char *name, *allowed, *marks;
  int min, max;
  const char (*names)[4]; /* for min, min + 1, ... */
} rules[FIELD_COUNT] = {
    [MINUTES] = {"minute", "0-59", ", - * /", 0, 59, NULL},
    [HOURS] = {"hour", "0-23", ", - * /", 0, 23, NULL},
    [DAYS] = {"day-of-month", "1-31", ", - * ? / L W", 1, 31, NULL},
    [MONTHS] = {"month", "1-12 or JAN-DEC", ", - * /", 1, 12, month_names},
    [WEEKDAYS] = {"day-of-week", "1-7 or SUN-SAT", ", - * ? / L #", 1, 7,
                  weekday_names},
    [YEARS] = {"year", "1970-2199", ", - * /", CIVIL_YEAR_MIN, CIVIL_YEAR_MAX,
               NULL},
};

struct text {
  const char *p;
  size_t n;
};

/* What one parse needs everywhere, and the sets it fills. */
struct parse {
  const char *whole;
  bool aws_strict;
  struct err *e;
  enum field field;
  uint64_t set[4]; /* of the field at hand; bit 0 is the value 0, years: min */
  struct cron cron;
};

#define refuse(p, fmt, ...)                                        \
  err_set((p)->e, ERR_PARAMETER, "%s: %s field: " fmt, (p)->whole, \
          rules[(p)->field].name, __VA_ARGS__)

static int refuse_item(struct parse *p, struct text item)
{
  return refuse(p, "\"%.*s\" is not understood; allowed are %s and %s",
                (int)item.n, item.p, rules[p->field].allowed,
                rules[p->field].marks);
}

static bool text_is(struct text t, const char *word)
{
  return t.n == strlen(word) && strncasecmp(t.p, word, t.n) == 0;
}

static bool take(struct text *t, char c)
{
  if (t->n == 0 || *t->p != c)
    return false;
  t->p++;
  t->n--;
  return true;
}

/* Digits to a number; one too long to be in any range becomes 99999. */
static bool take_digits(struct text *t, int *out)
{
  const char *start = t->p;
  int n = 0;

  while (t->n > 0 && *t->p >= '0' && *t->p <= '9') {
    n = n > 9999 ? 99999 : n * 10 + (*t->p - '0');
    t->p++;
    t->n--;
  }
  *out = n;
  return t->p != start;
}

static bool take_name(const struct parse *p, struct text *t, int *out)
{
  int count = rules[p->field].max - rules[p->field].min + 1;

  if (rules[p->field].names == NULL || t->n < 3)
    return false;
  for (int i = 0; i < count; i++) {
    if (strncasecmp(t->p, rules[p->field].names[i], 3) != 0)
      continue;
    t->p += 3;
    t->n -= 3;
    *out = rules[p->field].min + i;
    return true;
  }
  return false;
}

/* A number or a name of the field; `item` is for the error. */
static int take_value(struct parse *p, struct text *t, struct text item,
                      int *out)
{
  if (take_name(p, t, out))
    return 0;
  if (!take_digits(t, out))
    return refuse_item(p, item);
  if (*out < rules[p->field].min || *out > rules[p->field].max) {
    struct text digits = {t->p, 0};
    while (digits.p > item.p && digits.p[-1] >= '0' && digits.p[-1] <= '9') {
      digits.p--;
      digits.n++;
    }
    return refuse(p, "%.*s is not in %s", (int)digits.n, digits.p,
                  rules[p->field].allowed);
  }
  return 0;
}

static void set_add(struct parse *p, int from, int to, int step)
{
  int base = p->field == YEARS ? CIVIL_YEAR_MIN : 0;

  for (int v = from; v <= to; v += step)
    p->set[(v - base) / 64] |= UINT64_C(1) << (v - base) % 64;
}

/* After a first value in day of month: W.  Says by *done whether it was. */
static int take_day_mark(struct parse *p, struct text *t, int value, bool *done)
{
  *done = t->n == 1 && (*t->p == 'W' || *t->p == 'w');
  if (!*done)
    return 0;
  if (p->aws_strict)
    return refuse(p, "%dW: W is not among Secrets Manager's wildcards %s",
                  value, ", - * ? / L");
  p->cron.near_days |= UINT32_C(1) << value;
  return 0;
}

/* After a first value in day of week: L or #n. */
static int take_weekday_mark(struct parse *p, struct text *t, struct text item,
                             int value, bool *done)
{
  int nth;

  *done = true;
  if (t->n == 1 && (*t->p == 'L' || *t->p == 'l')) {
    p->cron.last_weekdays |= (uint8_t)(1 << (value - 1));
    return 0;
  }
  if (!take(t, '#')) {
    *done = false;
    return 0;
  }
  if (!take_digits(t, &nth) || t->n > 0)
    return refuse_item(p, item);
  if (nth < 1 || nth > 5)
    return refuse(p, "%.*s: the number after # is not in 1-5", (int)item.n,
                  item.p);
  p->cron.nth = (uint8_t)nth;
  set_add(p, value, value, 1);
  return 0;
}

static int take_step(struct parse *p, struct text *t, struct text item,
                     int *out)
{
  int max =
      p->field == YEARS ? CIVIL_YEAR_MAX - CIVIL_YEAR_MIN : rules[p->field].max;

  if (!take_digits(t, out) || t->n > 0)
    return refuse_item(p, item);
  if (*out < 1 || *out > max)
    return refuse(p, "%.*s: the step after / is not in 1-%d", (int)item.n,
                  item.p, max);
  return 0;
}

/* `*`, `*` with a step, value, value-value, value/step, value-value/step */
static int range_parse(struct parse *p, struct text item)
{
  struct text t = item;
  int from = rules[p->field].min, to = rules[p->field].max, step = 1, rc;
  bool done = false;

  if (!take(&t, '*')) {
    rc = take_value(p, &t, item, &from);
    if (rc == 0 && p->field == DAYS)
      rc = take_day_mark(p, &t, from, &done);
    if (rc == 0 && p->field == WEEKDAYS)
      rc = take_weekday_mark(p, &t, item, from, &done);
    if (rc != 0 || done)
      return rc;
    if (take(&t, '-')) {
      rc = take_value(p, &t, item, &to);
      if (rc != 0)
        return rc;
      if (to < from)
        return refuse(p, "%.*s: a range goes from low to high", (int)item.n,
                      item.p);
    } else if (t.n == 0) {
      to = from;
    }
  }
  if (take(&t, '/')) {
    rc = take_step(p, &t, item, &step);
    if (rc != 0)
      return rc;
  } else if (t.n > 0) {
    return refuse_item(p, item);
  }
  set_add(p, from, to, step);
  return 0;
}

static int item_parse(struct parse *p, struct text item)
{
  if (p->field == DAYS && text_is(item, "L")) {
    p->cron.last_day = true;
    return 0;
  }
  if (p->field == DAYS && text_is(item, "LW")) {
    if (p->aws_strict)
      return refuse(p, "LW: W is not among Secrets Manager's wildcards %s",
                    ", - * ? / L");
    p->cron.last_weekday = true;
    return 0;
  }
  if (p->field == WEEKDAYS && text_is(item, "L")) {
    set_add(p, 7, 7, 1); /* the last day of the week */
    return 0;
  }
  if (item.n == 0)
    return refuse(p, "there is nothing %s a comma", "before or after");
  return range_parse(p, item);
}

static int field_parse(struct parse *p, struct text field)
{
  bool is_list = memchr(field.p, ',', field.n) != NULL;
  struct text rest = field;

  memset(p->set, 0, sizeof p->set);
  if ((p->field == DAYS || p->field == WEEKDAYS) && text_is(field, "?"))
    return 0;
  if (p->aws_strict && p->field == MINUTES && !text_is(field, "0"))
    return refuse(p, "%.*s: Secrets Manager takes 0 only", (int)field.n,
                  field.p);
  if (p->aws_strict && p->field == YEARS && !text_is(field, "*"))
    return refuse(p, "%.*s: Secrets Manager takes * only", (int)field.n,
                  field.p);
  if (p->field == WEEKDAYS && is_list && memchr(field.p, '#', field.n) != NULL)
    return refuse(p, "%.*s: # stands alone, not in a list", (int)field.n,
                  field.p);
  for (;;) {
    const char *comma = memchr(rest.p, ',', rest.n);
    struct text item = {rest.p, comma ? (size_t)(comma - rest.p) : rest.n};
    int rc = item_parse(p, item);
    if (rc != 0 || comma == NULL)
      return rc;
    rest.n -= item.n + 1;
    rest.p = comma + 1;
  }
}

static void field_store(struct parse *p)
{
  struct cron *c = &p->cron;

  switch (p->field) {
  case MINUTES:
    c->minutes = p->set[0];
    break;
  case HOURS:
    c->hours = (uint32_t)p->set[0];
    break;
  case DAYS:
    c->days = (uint32_t)p->set[0];
    break;
  case MONTHS:
    c->months = (uint16_t)p->set[0];
    break;
  case WEEKDAYS:
    c->weekdays = (uint8_t)(p->set[0] >> 1);
    break;
  default:
    memcpy(c->years, p->set, sizeof c->years);
  }
}

static size_t fields_split(const char *text, size_t len,
                           struct text out[FIELD_COUNT])
{
  size_t count = 0, i = 0;

  for (;;) {
    size_t start;
    while (i < len && text[i] == ' ')
      i++;
    if (i == len)
      return count;
    start = i;
    while (i < len && text[i] != ' ')
      i++;
    if (count < FIELD_COUNT)
      out[count] = (struct text){text + start, i - start};
    count++;
  }
}

int cron_parse(const char *whole, const char *text, size_t len, bool aws_strict,
               struct cron *out, struct err *e)
{
  struct parse p = {.whole = whole, .aws_strict = aws_strict, .e = e};
  struct text fields[FIELD_COUNT];
  size_t count = fields_split(text, len, fields);
  int64_t local;
  int rc;

  if (count != FIELD_COUNT)
    return err_set(e, ERR_PARAMETER,
                   "%s: there are %zu fields, not the six: minutes hours "
                   "day-of-month month day-of-week year",
                   whole, count);
  for (p.field = MINUTES; p.field < FIELD_COUNT; p.field++) {
    rc = field_parse(&p, fields[p.field]);
    if (rc != 0)
      return rc;
    field_store(&p);
  }
  if (text_is(fields[DAYS], "?") == text_is(fields[WEEKDAYS], "?"))
    return err_set(e, ERR_PARAMETER,
                   "%s: of day-of-month and day-of-week, exactly one must be ?",
                   whole);
  p.cron.first_minute = (uint16_t)(__builtin_ctz(p.cron.hours) * 60 +
                                   __builtin_ctzll(p.cron.minutes));
  if (!cron_next(&p.cron, -1, &local))
    return err_set(e, ERR_PARAMETER, "%s: this date never comes", whole);
  *out = p.cron;
  return 0;
}
