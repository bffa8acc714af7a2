/* Texts of the trail's lines: whatever bytes a client sends, the line is JSON
 * and says what was sent. */
#include "event/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* What the line says that the user agent was; free(). */
static char *told_agent(const char *agent)
{
  const struct audit_request r = {.event_id = "id", .user_agent = agent};
  struct buf line;
  struct err e = {0};
  json_t *j = NULL;
  char *told;

  buf_init(&line, 65536, false);
  record_request(&line, &r, "123456789012");
  buf_putc(&line, '}'); /* the chain's members would come */
  if (json_read(line.data, line.len, &json_limits_file, &j, &e) != 0)
    fail_msg("%s: %s", e.text, line.data);
  told = strdup(json_str(j, "userAgent"));
  json_decref(j);
  buf_release(&line);
  return told;
}

static void every_byte_at_every_place_is_told(void **state)
{
  char agent[21], want[32], *told;

  (void)state;
  for (size_t at = 0; at < 20; at++)
    for (int c = 1; c < 256; c++) {
      memset(agent, 'a' + c % 26, 20);
      agent[20] = '\0';
      agent[at] = (char)c;
      (void)snprintf(want, sizeof want, "%.*s%s%s", (int)at, agent,
                     c < 0x80 ? (const char[]){(char)c, '\0'} : "\xef\xbf\xbd",
                     agent + at + 1);
      told = told_agent(agent);
      assert_string_equal(told, want);
      free(told);
    }
}

static void text_beyond_ascii_stays(void **state)
{
  char *told = told_agent("Zürich/1.0 (\xf0\x9f\x94\x91 key) \xe2\x82");

  (void)state;
  assert_string_equal(told, "Zürich/1.0 (\xf0\x9f\x94\x91 key) "
                            "\xef\xbf\xbd\xef\xbf\xbd");
  free(told);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_byte_at_every_place_is_told),
      cmocka_unit_test(text_beyond_ascii_stays),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
