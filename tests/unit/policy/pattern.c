/* Wildcards and variables, with what an attacker would put into them. */
#include <time.h>

#include "fixture.h"
#include "policy/match.h"

struct fixture {
  struct arena arena;
  struct keys keys;
  struct policy_request r;
};

static const struct key keys[] = {
    {"aws:username", {"bob"}, false},
    {"aws:star", {"*"}, false},
    {"aws:one", {"?"}, false},
    {"aws:nested", {"${aws:username}"}, false},
    {"aws:empty", {""}, false},
    {"aws:none", {NULL}, false},
    {"aws:many", {"a", "b"}, false},
    {"aws:marks", {"\xff"}, false},
    {"aws:PrincipalTag/a b", {"tagged"}, false},
};

static int setup(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);

  f->keys = (struct keys){keys, COUNT(keys), 0};
  f->r.find_key = keys_find;
  f->r.find_ctx = &f->keys;
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  arena_release(&f->arena);
  free(f);
  return 0;
}

static struct slice slice(const char *text)
{
  return (struct slice){text, strlen(text)};
}

static bool matches(struct fixture *f, const char *pattern, const char *text)
{
  struct pattern p;
  struct slice expanded;
  char buffer[EXPANDED_MAX];
  struct err e = {0};

  if (pattern_compile(&f->arena, slice(pattern),
                      PATTERN_WILD | PATTERN_VARIABLE, &p, &e) != 0)
    fail_msg("%s: %s", pattern, e.text);
  return pattern_expand(&p, &f->r, buffer, &expanded, &e) == 1 &&
         text_matches(expanded, slice(text), false);
}

static const struct {
  const char *pattern, *text;
  bool matches;
} rows[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"**", "", true},
    {"?", "", false},
    {"*?", "", false},
    {"*?", "a", true},
    {"?*", "a", true},
    {"a*b*c", "abc", true},
    {"a*b*c", "aXbYc", true},
    {"a*b*c", "aXbY", false},
    {"a*bc", "abcbc", true},
    {"*ab", "aab", true},
    {"*a?b", "aaab", true},
    {"a*", "b", false},
    {"*\xc3\xa4*", "x\xc3\xa4y", true},
    {"?", "\xf0\x9f\x94\x91", true},
    {"??", "\xf0\x9f\x94\x91", false},
    {"*?", "\xc3\xa4", true},
    {"?", "\x80", true},
    {"a?", "a\xc3", true},

    {"${aws:username}", "bob", true},
    {"${AWS:UserName}", "bob", true},
    {"x${aws:username}y${aws:username}", "xbobybob", true},
    {"${aws:username}*", "bobby", true},
    {"${ aws:username }", "bob", true},
    {"${  aws:username}*", "bobby", true},
    {"${ aws:missing , 'x'}", "x", true},
    {"${ * }", "*", true},
    {"${ * }", "x", false},
    {"${*}", "*", true},
    {"${*}", "x", false},
    {"${?}", "?", true},
    {"${?}", "x", false},
    {"${$}", "$", true},
    {"${$}{aws:username}", "${aws:username}", true},
    {"$", "$", true},
    {"$$", "$$", true},
    {"{aws:username}", "{aws:username}", true},
    {"a${*}*", "a*b", true},
    {"a${*}*", "ab", false},
    /* What comes out of a variable is text. */
    {"${aws:star}", "*", true},
    {"${aws:star}", "x", false},
    {"${aws:one}", "x", false},
    {"${aws:nested}", "bob", false},
    {"${aws:nested}", "${aws:username}", true},
    {"${aws:empty}", "", true},
    {"a${aws:empty}b", "ab", true},
    {"${aws:PrincipalTag/a b}", "tagged", true},
    /* There is no value, or not one. */
    {"${aws:missing}", "", false},
    {"${aws:missing}*", "x", false},
    {"*${aws:missing}", "${aws:missing}", false},
    {"${aws:none}", "", false},
    {"${aws:many}", "a", false},
    {"${aws:marks}", "x", false},
    {"${aws:marks}", "\xff", false},
    /* Defaults. */
    {"${aws:missing, 'x'}", "x", true},
    {"${aws:missing,'x'}", "x", true},
    {"${aws:missing,   'x'}", "x", true},
    {"${aws:missing, ''}", "", true},
    {"${aws:missing, 'a}b'}", "a}b", true},
    {"${aws:missing, '*'}", "x", false},
    {"${aws:missing, '*'}", "*", true},
    {"${aws:none, 'x'}", "x", true},
    {"${aws:username, 'x'}", "bob", true},
    {"${aws:username, 'x'}", "x", false},
    {"${aws:empty, 'x'}", "", true},
    {"${aws:many, 'x'}", "x", false},
    {"a${aws:missing, 'x'}b${aws:username}c", "axbbobc", true},
};

static void patterns_match_as_they_read(void **state)
{
  for (size_t i = 0; i < COUNT(rows); i++)
    if (matches(*state, rows[i].pattern, rows[i].text) != rows[i].matches)
      fail_msg("\"%s\", \"%s\"", rows[i].pattern, rows[i].text);
}

/* Against the plain definition, for all short texts. */
static bool matches_plainly(const char *pattern, const char *text)
{
  if (*pattern == '\0')
    return *text == '\0';
  if (*pattern == '*')
    return matches_plainly(pattern + 1, text) ||
           (*text != '\0' && matches_plainly(pattern, text + 1));
  return *text != '\0' && (*pattern == '?' || *pattern == *text) &&
         matches_plainly(pattern + 1, text + 1);
}

static void word_make(char *out, unsigned number, const char *letters)
{
  unsigned n = (unsigned)strlen(letters);

  while (number > 0) {
    number--;
    *out++ = letters[number % n];
    number /= n;
  }
  *out = '\0';
}

static void all_short_patterns_match_as_defined(void **state)
{
  struct fixture *f = *state;
  char pattern[16], text[16];

  for (unsigned i = 0; i < 1365; i++) {
    struct pattern p;

    word_make(pattern, i, "ab*?");
    assert_int_equal(
        pattern_compile(&f->arena, slice(pattern), PATTERN_WILD, &p, NULL), 0);
    for (unsigned j = 0; j < 127; j++) {
      word_make(text, j, "ab");
      if (text_matches(p.s, slice(text), false) !=
          matches_plainly(pattern, text))
        fail_msg("\"%s\", \"%s\"", pattern, text);
    }
  }
}

static void stars_without_end_do_not_blow_up(void **state)
{
  static const size_t lengths[] = {64, 2048, POLICY_TEXT_MAX};
  struct fixture *f = *state;
  char *pattern = malloc(POLICY_TEXT_MAX), text[2049] = "";
  struct timespec from, to;

  memset(text, 'a', sizeof text - 1);
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  for (size_t n = 0; n < COUNT(lengths); n++) {
    struct pattern p;

    for (size_t i = 0; i < lengths[n]; i++)
      pattern[i] = i % 2 == 0 ? '*' : 'a';
    pattern[lengths[n] - 1] = 'b';
    assert_int_equal(pattern_compile(&f->arena,
                                     (struct slice){pattern, lengths[n]},
                                     PATTERN_WILD, &p, NULL),
                     0);
    assert_false(text_matches(p.s, slice(text), false));
  }
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  assert_true(to.tv_sec - from.tv_sec < 2);
  free(pattern);
}

static void expansion_has_a_limit(void **state)
{
  struct fixture *f = *state;
  char value[2000], pattern[64] = "${aws:long}${aws:long}";
  const struct key key = {"aws:long", {value}, false};
  char buffer[EXPANDED_MAX];
  struct slice out;
  struct pattern p;
  struct err e = {0};

  f->keys = (struct keys){&key, 1, 0};
  memset(value, 'x', sizeof value);
  value[sizeof value - 1] = '\0';
  assert_int_equal(
      pattern_compile(&f->arena, slice(pattern), PATTERN_VARIABLE, &p, &e), 0);
  assert_int_equal(pattern_expand(&p, &f->r, buffer, &out, &e), 1);
  assert_int_equal(out.len, 3998);
  (void)snprintf(pattern, sizeof pattern, "${aws:long}${aws:long}${aws:long}");
  assert_int_equal(
      pattern_compile(&f->arena, slice(pattern), PATTERN_VARIABLE, &p, &e), 0);
  assert_int_equal(pattern_expand(&p, &f->r, buffer, &out, &e), -ERR_LIMIT);
}

#define READS(resource)                                              \
  ALLOW("\"Action\":\"*\",\"Resource\":\"arn:aws:secretsmanager:*:*" \
        ":" resource)
#define MEETS(condition) ALLOW(ALL ",\"Condition\":{" condition "}")
#define V2008(statement) \
  "{\"Version\":\"2008-10-17\",\"Statement\":" statement "}"
#define UNVERSIONED(statement) "{\"Statement\":" statement "}"

static const struct {
  const char *text, *secret;
  bool allowed;
} documents[] = {
    {V2012(READS("secret:${aws:username}/*\"")), "secret:bob/x-123456", true},
    {V2012(READS("secret:${aws:username}/*\"")), "secret:alice/x-1", false},
    {V2012(READS("secret:${aws:star}/*\"")), "secret:alice/x-1", false},
    {V2012(READS("secret:${aws:missing}/*\"")), "secret:/x-1", false},
    {V2012(ALLOW("\"Action\":\"*\",\"NotResource\":\"arn:aws:secretsmanager:*:"
                 "*:secret:${aws:missing}\"")),
     "secret:x", false},
    {V2012(ALLOW("\"Action\":\"*\",\"NotResource\":\"arn:aws:secretsmanager:*:"
                 "*:secret:${aws:username}\"")),
     "secret:x", true},
    {V2012(ALLOW(ALL) "," DENY("\"Action\":\"*\",\"Resource\":\"arn:aws:s*:*:*"
                               ":secret:${aws:missing}*\"")),
     "secret:x", true},
    /* Variables came with 2012-10-17. */
    {V2008(READS("secret:${aws:username}/*\"")), "secret:bob/x", false},
    {V2008(READS("secret:${aws:username}/*\"")), "secret:${aws:username}/x",
     true},
    {UNVERSIONED(READS("secret:${*}\"")), "secret:${anything}", true},
    {UNVERSIONED(READS("secret:${aws:username}\"")), "secret:bob", false},
    {V2012(MEETS("\"StringEquals\":{\"aws:username\":\"${aws:username}\"}")),
     "x", true},
    {V2012(MEETS("\"StringEquals\":{\"aws:star\":\"${*}\"}")), "x", true},
    {V2012(MEETS("\"StringEquals\":{\"aws:username\":[\"${aws:missing}\","
                 "\"bob\"]}")),
     "x", true},
    {V2012(MEETS("\"StringNotEquals\":{\"aws:username\":\"${aws:missing}\"}")),
     "x", false},
    {V2012(MEETS("\"StringNotEquals\":{\"aws:username\":[\"x\","
                 "\"${aws:missing}\"]}")),
     "x", false},
    {V2012(ALLOW(ALL) "," DENY(ALL ",\"Condition\":{\"StringNotEquals\":{"
                                   "\"aws:username\":\"${aws:missing}\"}}")),
     "x", true},
    {V2012(MEETS("\"StringEqualsIfExists\":{\"aws:missing\":"
                 "\"${aws:missing}\"}")),
     "x", true},
    {V2012(MEETS("\"StringEqualsIgnoreCase\":{\"aws:username\":"
                 "\"B${aws:missing, 'O'}b\"}")),
     "x", true},
    {V2012(MEETS("\"ArnLike\":{\"aws:arn\":"
                 "\"arn:aws:iam::*:user/${aws:username}\"}")),
     "x", true},
    {V2012(MEETS("\"ArnEquals\":{\"aws:arn\":\"${aws:arn}\"}")), "x", true},
    {V2012(MEETS("\"Bool\":{\"aws:yes\":\"${aws:yes}\"}")), "x", true},
};

static void variables_are_filled_in_where_aws_does(void **state)
{
  static const struct key more[] = {{"aws:username", {"bob"}, false},
                                    {"aws:star", {"*"}, false},
                                    {"aws:arn", {BOB}, false},
                                    {"aws:yes", {"true"}, false}};

  (void)state;
  for (size_t i = 0; i < COUNT(documents); i++) {
    char secret[256];
    struct scene s = {.identity = {documents[i].text},
                      .secret = secret,
                      .keys = {more, COUNT(more), 0}};

    (void)snprintf(secret, sizeof secret,
                   "arn:aws:secretsmanager:eu-west-1:" HERE ":%s",
                   documents[i].secret);
    if (scene_decide(&s).effect !=
        (documents[i].allowed ? POLICY_ALLOWED : POLICY_NOT_ALLOWED))
      fail_msg("%s", documents[i].text);
    assert_int_equal(s.rc, 0);
  }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(patterns_match_as_they_read),
      TEST(all_short_patterns_match_as_defined),
      TEST(stars_without_end_do_not_blow_up),
      TEST(expansion_has_a_limit),
      TEST(variables_are_filled_in_where_aws_does),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
