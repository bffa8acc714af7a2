/* What a report looks like. */
#include <string.h>

#include "kit/kit.h"

static const struct {
  const char *name, *text;
} rules[KIT_RULES] = {
#define X(id, name, text) {name, text},
    KIT_RULE_TABLE(X)
#undef X
};

const char *kit_rule_name(enum kit_rule rule)
{
  return rules[rule].name;
}

const char *kit_rule_text(enum kit_rule rule)
{
  return rules[rule].text;
}

const char *kit_outcome_name(enum kit_outcome outcome)
{
  static const char *const names[] = {"skip", "pass", "FAIL"};

  return names[outcome];
}

static size_t count(const struct kit_report *r, enum kit_outcome outcome)
{
  size_t n = 0;

  for (size_t i = 0; i < KIT_RULES; i++)
    n += r->findings[i].outcome == outcome;
  return n;
}

bool kit_passed(const struct kit_report *r)
{
  return count(r, KIT_FAIL) == 0 && !r->unsettled;
}

void kit_report_text(const struct kit_report *r, struct buf *out)
{
  for (size_t i = 0; i < KIT_RULES; i++) {
    const struct kit_finding *f = &r->findings[i];

    buf_printf(out, "%s  %-15s  %s\n", kit_outcome_name(f->outcome),
               rules[i].name, rules[i].text);
    if (f->text[0] != '\0')
      buf_printf(out, "      %-15s  %s\n", "", f->text);
  }
  buf_printf(out, "%s: %zu passed, %zu failed, %zu skipped\n", r->rotator,
             count(r, KIT_PASS), count(r, KIT_FAIL), count(r, KIT_SKIP));
  if (r->unsettled)
    buf_puts(
        out,
        "The values that may be live are in the file that ends in .kit.\n");
}

void kit_report_json(const struct kit_report *r, struct buf *out)
{
  buf_puts(out, "{");
  buf_json_str(out, "rotator", r->rotator);
  buf_json_bool(out, "passed", kit_passed(r));
  buf_json_bool(out, "unsettled", r->unsettled);
  buf_json_key(out, "findings");
  buf_puts(out, "[");
  for (size_t i = 0; i < KIT_RULES; i++) {
    static const char *const words[] = {"skip", "pass", "fail"};
    const struct kit_finding *f = &r->findings[i];

    buf_puts(out, i == 0 ? "{" : ",{");
    buf_json_str(out, "rule", rules[i].name);
    buf_json_str(out, "outcome", words[f->outcome]);
    if (f->text[0] != '\0')
      buf_json_str(out, "text", f->text);
    buf_puts(out, "}");
  }
  buf_puts(out, "]}");
}
