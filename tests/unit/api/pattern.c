/* The model's patterns: what each takes, and what it does not. */
#include "api/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
  const struct pattern *pattern;
  const char *text;
  bool matches;
} cases[] = {
    {&pattern_duration, "3h", true},
    {&pattern_duration, "24h", true},
    {&pattern_duration, "h", false},
    {&pattern_duration, "3", false},
    {&pattern_duration, "3h ", false},
    {&pattern_duration, "3H", false},
    {&pattern_duration, "-3h", false},
    {&pattern_expression, "rate(10 days)", true},
    {&pattern_expression, "cron(0 8/2 ? JAN-MAR MON#1,L *)", true},
    {&pattern_expression, "", false},
    {&pattern_expression, "rate(1.5 days)", false},
    {&pattern_expression, "rate(1 day)\n", false},
    {&pattern_expression, "cron(\xc3\xbc)", false},
    {&pattern_filter_value, "", true},
    {&pattern_filter_value, "!prod/db", true},
    {&pattern_filter_value, "a:_@/+=.-! 9", true},
    {&pattern_filter_value, "a*", false},
    {&pattern_filter_value, "a,b", false},
    {&pattern_filter_value, "\xc3\xbc", false},
    {&pattern_region, "eu-central-1", true},
    {&pattern_region, "us-gov-west-12", true},
    {&pattern_region, "eu-central-", false},
    {&pattern_region, "eu-central", false},
    {&pattern_region, "eu--central-1", false},
    {&pattern_region, "-1", false},
    {&pattern_region, "1", false},
    {&pattern_region, "", false},
    {&pattern_region, "eu-central-1a", false},
    {&pattern_region, "EU-central-1", false},
    {&pattern_rotation_token, "0a-Z", true},
    {&pattern_rotation_token, "", false},
    {&pattern_rotation_token, "a_b", false},
};

static void patterns_match_whole_texts(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (cases[i].pattern->matches(cases[i].text) != cases[i].matches)
      fail_msg("%s and '%s'", cases[i].pattern->text, cases[i].text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(patterns_match_whole_texts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
