/* What is a word to ListSecrets' filters (AWS's behaviour, as seen). */
#include "api/filter_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The words, with a | between. */
static const char *split(const char *text, char *out, size_t size)
{
  const char *word;
  size_t n, len = 0;

  out[0] = '\0';
  while (word_next(&text, &word, &n))
    len += (size_t)snprintf(out + len, size - len, "%s%.*s", len > 0 ? "|" : "",
                            (int)n, word);
  return out;
}

static void texts_are_cut_into_words(void **state)
{
  static const char *const cases[][2] = {
      {"", ""},
      {" ", ""},
      {"/_+=.@- ", ""},
      {"a", "a"},
      {"one two", "one|two"},
      {"  one\ttwo\n", "one|two"},
      {"prod/app_db+x=y.z@host-1", "prod|app|db|x|y|z|host|1"},
      {"a:b,c!d", "a:b,c!d"}, /* these are no separators */
      {"myTest", "my|Test"},
      {"MyTestPhrase", "My|Test|Phrase"},
      {"COMPANYThings", "COMPAN|YThings"},
      {"COMPANY", "COMPANY"},
      {"ABTest", "A|BTest"},
      {"ATest", "ATest"},
      {"aB", "a|B"},
      {"AB", "AB"},
      {"db2Prod", "db2|Prod"},
      {"v2", "v2"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"gr\xc3\xbcN", "gr\xc3\xbc|N"},
  };
  char out[128];

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_string_equal(split(cases[i][0], out, sizeof out), cases[i][1]);
}

static void each_wanted_word_begins_some_word(void **state)
{
  const char *const texts[] = {"prod/MyApp", NULL, "the Nightly batch"};

  (void)state;
  assert_true(words_begin("app", texts, 3));
  assert_true(words_begin("APP night Pro", texts, 3));
  assert_true(words_begin("batch", texts, 3));
  assert_true(words_begin("", texts, 3));
  assert_true(words_begin("", texts, 0));
  assert_false(words_begin("atch", texts, 3));
  assert_false(words_begin("app nothing", texts, 3));
  assert_false(words_begin("batches", texts, 3));
  assert_false(words_begin("myapp", texts, 3)); /* My and App are two */
  assert_false(words_begin("batch", texts, 2));
  assert_false(words_begin("a", texts, 0));
}

/* Every text, in its own pieces: nothing but separators is lost, and it is
 * found by itself. */
static void any_text_is_its_words(void **state)
{
  static const char chars[] = "abAB1/_+=.@- \xc3";
  unsigned seed = 1;

  (void)state;
  for (int i = 0; i < 20000; i++) {
    char text[24];
    const char *at = text, *end = text, *word, *const texts[] = {text};
    size_t n, len = (seed = seed * 1103515245 + 12345) / 65536 % 20;

    for (size_t j = 0; j < len; j++)
      text[j] = chars[(seed = seed * 1103515245 + 12345) / 65536 %
                      (sizeof chars - 1)];
    text[len] = '\0';
    while (word_next(&at, &word, &n)) {
      assert_true(n > 0);
      assert_int_equal(strcspn(word, "/_+=.@- ") >= n, 1);
      assert_int_equal(strspn(end, "/_+=.@- "), word - end);
      end = word + n;
    }
    assert_int_equal(strspn(end, "/_+=.@- "), strlen(end));
    assert_true(words_begin(text, texts, 1));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_cut_into_words),
      cmocka_unit_test(each_wanted_word_begins_some_word),
      cmocka_unit_test(any_text_is_its_words),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
