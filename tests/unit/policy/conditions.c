/* Conditions: every operator, with each key there, missing, empty and several
 * times, by table.
 */
#include "fixture.h"

/* What comes out of a condition. */
enum outcome { NO, YES, UNKNOWN };

#define KEY "aws:PrincipalTag/x"

/* An Allow with the condition alone, then a Deny beside an Allow of all. */
static void assert_condition(const char *operation, const char *values,
                             struct keys keys, enum outcome want)
{
  char text[2048];
  struct scene s = {.keys = keys};
  enum policy_effect allow, deny;

  (void)snprintf(text, sizeof text,
                 V2012(ALLOW(ALL ",\"Condition\":{\"%s\":{\"" KEY "\":%s}}")),
                 operation, values);
  s.identity[0] = text;
  allow = scene_decide(&s).effect;
  assert_int_equal(s.rc, 0);
  (void)snprintf(text, sizeof text,
                 V2012(ALLOW(ALL) "," DENY(ALL ",\"Condition\":{\"%s\":{\"" KEY
                                               "\":%s}}")),
                 operation, values);
  deny = scene_decide(&s).effect;
  assert_int_equal(s.rc, 0);
  if (allow != (want == YES ? POLICY_ALLOWED : POLICY_NOT_ALLOWED) ||
      deny != (want == NO ? POLICY_ALLOWED : POLICY_DENIED))
    fail_msg("%s %s: wanted %d, the Allow gave %d, the Deny %d", operation,
             values, want, allow, deny);
}

static const struct {
  const char *operation, *values, *value;
  enum outcome outcome;
} single[] = {
    {"StringEquals", "\"a\"", "a", YES},
    {"StringEquals", "\"a\"", "A", NO},
    {"StringEquals", "[\"b\",\"a\"]", "a", YES},
    {"StringEquals", "[]", "a", NO},
    {"StringEquals", "\"\"", "", YES},
    {"StringEquals", "\"a*\"", "ab", NO},
    {"StringEquals", "\"a*\"", "a*", YES},
    {"StringEquals", "12", "12", YES},
    {"StringEquals", "true", "true", YES},
    {"StringEquals", "\"\\u00e4\"", "\xc3\xa4", YES},
    {"StringNotEquals", "\"a\"", "a", NO},
    {"StringNotEquals", "\"a\"", "A", YES},
    {"StringNotEquals", "[\"b\",\"a\"]", "a", NO},
    {"StringNotEquals", "[\"b\",\"a\"]", "c", YES},
    {"StringNotEquals", "[]", "a", YES},
    {"StringEqualsIgnoreCase", "\"aB\"", "Ab", YES},
    {"StringEqualsIgnoreCase", "\"aB\"", "Abc", NO},
    {"StringNotEqualsIgnoreCase", "\"aB\"", "Ab", NO},
    {"StringNotEqualsIgnoreCase", "\"aB\"", "a", YES},
    {"StringEqualsIgnoreCase", "\"aZ\"", "Az", YES},
    {"StringEqualsIgnoreCase", "\"[\"", "{", NO},
    {"StringEqualsIgnoreCase", "\"@\"", "`", NO},
    {"StringLike", "\"a*\"", "a", YES},
    {"StringLike", "\"a*\"", "ba", NO},
    {"StringLike", "\"A*\"", "ab", NO},
    {"StringLike", "\"a*\"", "Ab", NO},
    {"StringNotLike", "\"a*\"", "Ab", YES},
    {"StringLike", "\"a?c\"", "abc", YES},
    {"StringLike", "\"a?c\"", "ac", NO},
    {"StringLike", "\"a?c\"",
     "a\xc3\xa4"
     "c",
     YES},
    {"StringLike", "\"a??c\"",
     "a\xc3\xa4"
     "c",
     NO},
    {"StringLike", "[\"x*\",\"*b\"]", "ab", YES},
    {"StringLike", "\"\"", "", YES},
    {"StringLike", "\"?\"", "", NO},
    {"StringLike", "\"*\"", "", YES},
    {"StringNotLike", "\"a*\"", "ab", NO},
    {"StringNotLike", "\"a*\"", "ba", YES},
    {"StringNotLike", "[\"a*\",\"b*\"]", "ba", NO},
    {"NumericEquals", "5", "5", YES},
    {"NumericEquals", "\"5.0\"", "5", YES},
    {"NumericEquals", "\"+05\"", "5.00", YES},
    {"NumericEquals", "\"-0\"", "0", YES},
    {"NumericEquals", "5", "6", NO},
    {"NumericEquals", "5", "five", UNKNOWN},
    {"NumericEquals", "5", "", UNKNOWN},
    {"NumericEquals", "\"9007199254740993\"", "9007199254740992", NO},
    {"NumericNotEquals", "5", "5", NO},
    {"NumericNotEquals", "5", "5.5", YES},
    {"NumericNotEquals", "5", "x", UNKNOWN},
    {"NumericLessThan", "5", "4.999", YES},
    {"NumericLessThan", "5", "5", NO},
    {"NumericLessThan", "-5", "-6", YES},
    {"NumericLessThan", "-5", "-4", NO},
    {"NumericLessThan", "10", "9", YES},
    {"NumericLessThan", "[1,10]", "9", YES},
    {"NumericLessThan", "0", "-0.1", YES},
    {"NumericLessThanEquals", "5", "5", YES},
    {"NumericLessThanEquals", "5", "5.1", NO},
    {"NumericGreaterThan", "5", "5.1", YES},
    {"NumericGreaterThan", "5", "5", NO},
    {"NumericGreaterThan", "0.05", "0.1", YES},
    {"NumericGreaterThanEquals", "5", "5", YES},
    {"NumericGreaterThanEquals", "5", "4", NO},
    {"NumericGreaterThanEquals", "5", "1e3", UNKNOWN},
    {"DateEquals", "\"2026-03-01T00:00:00Z\"", "2026-03-01T01:00:00+01:00",
     YES},
    {"DateEquals", "\"2026-03-01\"", "2026-03-01T00:00Z", YES},
    {"DateEquals", "\"2026-03\"", "2026-03-01", YES},
    {"DateEquals", "\"2026\"", "2026-01-01T00:00:00.000Z", YES},
    {"DateEquals", "1772323200", "2026-03-01T00:00:00Z", YES},
    {"DateEquals", "\"2026-03-01T00:00:00Z\"", "1772323200", YES},
    {"DateEquals", "\"2024-02-29\"", "1709164800", YES},
    {"DateEquals", "\"1970-01-01T00:00:00Z\"", "0", YES},
    {"DateEquals", "\"1969-12-31T23:59:59Z\"", "1970", NO},
    {"DateEquals", "\"2026-03-01\"", "yesterday", UNKNOWN},
    {"DateEquals", "1772323200.5", "2026-03-01T00:00:00.5Z", YES},
    {"DateEquals", "\"2026-03-01\"", "2026-03-01T23:59:00+23:59", YES},
    {"DateEquals", "\"2026-03-01\"", "2026-02-28T23:59:60Z", YES},
    {"DateEquals", "\"2026-12-31\"", "1798675200", YES},
    {"DateEquals", "\"2000-02-29\"", "951782400", YES},
    {"DateEquals", "\"2100-03-01\"", "4107542400", YES},
    {"DateNotEquals", "\"2026-03-01\"", "2026-03-02", YES},
    {"DateNotEquals", "\"2026-03-01\"", "2026-03-01", NO},
    {"DateNotEquals", "\"2026-03-01\"", "2026-02-29", UNKNOWN},
    {"DateLessThan", "\"2026-03-01\"", "2026-02-28T23:59:59.999Z", YES},
    {"DateLessThan", "\"2026-03-01\"", "2026-03-01T00:00:00Z", NO},
    {"DateLessThanEquals", "\"2026-03-01\"", "2026-03-01", YES},
    {"DateLessThanEquals", "\"2026-03-01\"", "2026-03-01T00:00:00.1Z", NO},
    {"DateGreaterThan", "\"2026-03-01\"", "2026-03-01T00:00:00.000001Z", YES},
    {"DateGreaterThan", "\"2026-03-01\"", "2026-03-01", NO},
    {"DateGreaterThanEquals", "\"2026-03-01\"", "2026-03-01", YES},
    {"DateGreaterThanEquals", "\"2026-03-01T00:00:00-02:00\"",
     "2026-03-01T01:59:59Z", NO},
    {"Bool", "\"true\"", "true", YES},
    {"Bool", "true", "TRUE", YES},
    {"Bool", "\"True\"", "false", NO},
    {"Bool", "false", "false", YES},
    {"Bool", "[\"true\",\"false\"]", "false", YES},
    {"Bool", "\"true\"", "yes", UNKNOWN},
    {"BinaryEquals", "\"QUJD\"", "QUJD", YES},
    {"BinaryEquals", "\"QUJD\"", "QUJE", NO},
    {"BinaryEquals", "\"QQ==\"", "QQ==", YES},
    {"BinaryEquals", "\"AZaz09+/\"", "AZaz09+/", YES},
    {"BinaryEquals", "\"\"", "QQ==", NO},
    {"BinaryEquals", "\"QQ==\"", "QQ", UNKNOWN},
    {"IpAddress", "\"192.0.2.0/24\"", "192.0.2.255", YES},
    {"IpAddress", "\"192.0.2.0/24\"", "192.0.3.0", NO},
    {"IpAddress", "\"192.0.2.77/24\"", "192.0.2.1", YES},
    {"IpAddress", "\"192.0.2.1\"", "192.0.2.1", YES},
    {"IpAddress", "\"192.0.2.1\"", "192.0.2.2", NO},
    {"IpAddress", "\"192.0.2.1/32\"", "192.0.2.1", YES},
    {"IpAddress", "\"2001:db8::1/128\"", "2001:db8::1", YES},
    {"IpAddress", "\"2001:db8::1/128\"", "2001:db8::2", NO},
    {"IpAddress", "\"192.0.2.128/25\"", "192.0.2.127", NO},
    {"IpAddress", "\"192.0.2.128/25\"", "192.0.2.200", YES},
    {"IpAddress", "\"0.0.0.0/0\"", "203.0.113.9", YES},
    {"IpAddress", "\"0.0.0.0/0\"", "2001:db8::1", NO},
    {"IpAddress", "\"2001:DB8:1234:5678::/64\"", "2001:db8:1234:5678::9", YES},
    {"IpAddress", "\"2001:DB8:1234:5678::/64\"", "2001:db8:1234:5679::9", NO},
    {"IpAddress", "\"2001:db8::1\"", "2001:db8:0:0:0:0:0:1", YES},
    {"IpAddress", "\"192.0.2.0/24\"", "::ffff:192.0.2.7", YES},
    {"IpAddress", "\"::ffff:192.0.2.0/120\"", "192.0.2.7", YES},
    {"IpAddress", "\"::ffff:0:0/96\"", "192.0.2.7", YES},
    {"IpAddress", "\"::/0\"", "2001:db8::1", YES},
    {"IpAddress", "\"::/0\"", "192.0.2.7", NO},
    {"IpAddress", "\"::ffff:0:0/90\"", "::fffe:1:1", YES},
    {"IpAddress", "[\"203.0.113.0/24\",\"2001:DB8::/32\"]", "2001:db8::5", YES},
    {"IpAddress", "\"192.0.2.0/24\"", "192.0.2", UNKNOWN},
    {"IpAddress", "\"192.0.2.0/24\"", "192.0.2.0/24", UNKNOWN},
    {"NotIpAddress", "\"192.0.2.0/24\"", "192.0.2.1", NO},
    {"NotIpAddress", "\"192.0.2.0/24\"", "198.51.100.1", YES},
    {"NotIpAddress", "\"192.0.2.0/24\"", "unix", UNKNOWN},
    {"ArnEquals", "\"" BOB "\"", BOB, YES},
    {"ArnEquals", "\"arn:aws:iam::*:user/b?b\"", BOB, YES},
    {"ArnEquals", "\"arn:aws:iam::" HERE ":user/BOB\"", BOB, NO},
    {"ArnEquals", "\"arn:aws:iam::" HERE ":user/bob\"",
     "arn:aws:iam::" HERE ":user/BOB", NO},
    {"ArnEquals", "\"arn:aws:s:eu:1:x\"", "arn:aws:s:EU:1:x", NO},
    {"ArnLike", "\"*:*:*:*:*:*\"", "foo:a:b:c:d:e", UNKNOWN},
    {"ArnLike", "\"*:*:*:*:*:*\"", "arm:a:b:c:d:e", UNKNOWN},
    {"ArnLike", "\"*:*:*:*:*:*\"", "arn:a:b:c:d", UNKNOWN},
    {"ArnLike", "\"*:*:*:*:*:*\"", "arn:::::", YES},
    {"ArnLike", "\"arn:aws:s:eu:" HERE ":*c\"", "arn:aws:s:eu:" HERE ":a:b:c",
     YES},
    {"ArnEquals", "\"arn:aws:*:bob\"", BOB, UNKNOWN},
    {"ArnLike", "\"arn:*:iam::" HERE ":*\"", BOB, YES},
    {"ArnLike", "\"arn:aws:s:*:" HERE ":f/*\"",
     "arn:aws:s:eu:444455556666:x/y:" HERE ":f/z", NO},
    {"StringLike", "\"arn:aws:s:*:" HERE ":f/*\"",
     "arn:aws:s:eu:444455556666:x/y:" HERE ":f/z", YES},
    {"ArnLike", "\"arn:aws:s:eu:" HERE ":a:*\"", "arn:aws:s:eu:" HERE ":a:b:c",
     YES},
    {"ArnLike", "\"*\"", BOB, UNKNOWN},
    {"ArnLike", "\"" BOB "\"", "bob", UNKNOWN},
    {"ArnNotEquals", "\"" BOB "\"", ALICE, YES},
    {"ArnNotEquals", "\"" BOB "\"", BOB, NO},
    {"ArnNotLike", "\"arn:aws:iam::*:user/*\"", ROLE, YES},
    {"ArnNotLike", "\"arn:aws:iam::*:user/*\"", BOB, NO},
    {"ArnNotLike", "\"arn:aws:iam::*:user/*\"", "bob", UNKNOWN},
    {"Null", "true", "a", NO},
    {"Null", "\"false\"", "a", YES},
    {"Null", "[true,false]", "a", YES},
    {"Null", "[]", "a", NO},
    {"Null", "true", "", YES},
    {"Null", "false", "", NO},
};

static void one_value_is_compared_by_its_operator(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(single); i++) {
    struct key key = {KEY, {single[i].value}, false};
    struct keys keys = {&key, 1, 0};
    char operation[64];

    assert_condition(single[i].operation, single[i].values, keys,
                     single[i].outcome);
    if (strcmp(single[i].operation, "Null") == 0)
      continue;
    /* IfExists changes nothing about a key that is there, and one value is a
     * set of one; but a set of "" alone is empty. */
    (void)snprintf(operation, sizeof operation, "%sIfExists",
                   single[i].operation);
    assert_condition(operation, single[i].values, keys, single[i].outcome);
    if (*single[i].value == '\0')
      continue;
    (void)snprintf(operation, sizeof operation, "ForAnyValue:%s",
                   single[i].operation);
    assert_condition(operation, single[i].values, keys, single[i].outcome);
    (void)snprintf(operation, sizeof operation, "ForAllValues:%sIfExists",
                   single[i].operation);
    assert_condition(operation, single[i].values, keys, single[i].outcome);
  }
}

static const struct {
  const char *name, *value;
  bool negated;
} operators[] = {
    {"StringEquals", "\"a\"", false},
    {"StringNotEquals", "\"a\"", true},
    {"StringEqualsIgnoreCase", "\"a\"", false},
    {"StringNotEqualsIgnoreCase", "\"a\"", true},
    {"StringLike", "\"*\"", false},
    {"StringNotLike", "\"*\"", true},
    {"NumericEquals", "1", false},
    {"NumericNotEquals", "1", true},
    {"NumericLessThan", "1", false},
    {"NumericLessThanEquals", "1", false},
    {"NumericGreaterThan", "1", false},
    {"NumericGreaterThanEquals", "1", false},
    {"DateEquals", "\"2026-03-01\"", false},
    {"DateNotEquals", "\"2026-03-01\"", true},
    {"DateLessThan", "\"2026-03-01\"", false},
    {"DateLessThanEquals", "\"2026-03-01\"", false},
    {"DateGreaterThan", "\"2026-03-01\"", false},
    {"DateGreaterThanEquals", "\"2026-03-01\"", false},
    {"Bool", "\"true\"", false},
    {"BinaryEquals", "\"QQ==\"", false},
    {"IpAddress", "\"0.0.0.0/0\"", false},
    {"NotIpAddress", "\"0.0.0.0/0\"", true},
    {"ArnEquals", "\"arn:*:*:*:*:*\"", false},
    {"ArnNotEquals", "\"arn:*:*:*:*:*\"", true},
    {"ArnLike", "\"arn:*:*:*:*:*\"", false},
    {"ArnNotLike", "\"arn:*:*:*:*:*\"", true},
};

/* With all prefixes and suffixes: a key that is not there. */
static void assert_missing(struct keys keys)
{
  for (size_t i = 0; i < COUNT(operators); i++) {
    char name[64];
    const char *base = operators[i].name, *value = operators[i].value;

    assert_condition(base, value, keys, operators[i].negated ? YES : NO);
    (void)snprintf(name, sizeof name, "%sIfExists", base);
    assert_condition(name, value, keys, YES);
    (void)snprintf(name, sizeof name, "ForAllValues:%s", base);
    assert_condition(name, value, keys, YES);
    (void)snprintf(name, sizeof name, "ForAllValues:%sIfExists", base);
    assert_condition(name, value, keys, YES);
    (void)snprintf(name, sizeof name, "ForAnyValue:%s", base);
    assert_condition(name, value, keys, NO);
    (void)snprintf(name, sizeof name, "ForAnyValue:%sIfExists", base);
    assert_condition(name, value, keys, NO);
  }
  assert_condition("Null", "true", keys, YES);
  assert_condition("Null", "false", keys, NO);
}

static void missing_key_holds_when_negated_or_if_exists(void **state)
{
  (void)state;
  assert_missing((struct keys){NULL, 0, 0});
}

static void empty_key_is_a_missing_one(void **state)
{
  struct key key = {KEY, {NULL}, false};

  (void)state;
  assert_missing((struct keys){&key, 1, 0});
}

/* "A null dataset, such as an empty string." */
static void set_of_empty_texts_is_an_empty_set(void **state)
{
  struct key key = {KEY, {"", ""}, false};
  struct keys keys = {&key, 1, 0};

  (void)state;
  assert_condition("ForAllValues:StringEquals", "\"a\"", keys, YES);
  assert_condition("ForAnyValue:StringEquals", "\"\"", keys, NO);
  assert_condition("ForAnyValue:StringNotEquals", "\"a\"", keys, NO);
  assert_condition("Null", "true", keys, YES);
}

static const struct {
  const char *operation, *values;
  const char *request[4];
  enum outcome outcome;
} several[] = {
    {"StringEquals", "\"a\"", {"a", "b"}, UNKNOWN},
    {"StringNotEquals", "\"z\"", {"a", "b"}, UNKNOWN},
    {"StringEqualsIfExists", "\"a\"", {"a", "a"}, UNKNOWN},
    {"ForAllValues:StringEquals", "[\"a\",\"b\"]", {"a", "b"}, YES},
    {"ForAllValues:StringEquals", "[\"a\",\"b\"]", {"a", "c"}, NO},
    {"ForAllValues:StringEquals", "[\"a\",\"b\",\"c\"]", {"b"}, YES},
    {"ForAllValues:StringLike", "\"a*\"", {"a", "ab", "b"}, NO},
    {"ForAllValues:StringNotEquals", "\"a\"", {"b", "c"}, YES},
    {"ForAllValues:StringNotEquals", "\"a\"", {"a", "c"}, NO},
    {"ForAllValues:StringNotLike", "[\"x*\",\"y*\"]", {"a", "y1"}, NO},
    {"ForAllValues:NumericLessThan", "5", {"4", "3"}, YES},
    {"ForAllValues:NumericLessThan", "5", {"4", "x"}, UNKNOWN},
    {"ForAllValues:NumericLessThan", "5", {"x", "6"}, NO},
    {"ForAnyValue:StringEquals", "[\"a\",\"b\"]", {"x", "b"}, YES},
    {"ForAnyValue:StringEquals", "[\"a\",\"b\"]", {"x", "y"}, NO},
    {"ForAnyValue:StringEquals", "\"a\"", {"", "a"}, YES},
    {"ForAnyValue:StringNotEquals", "\"a\"", {"a", "b"}, YES},
    {"ForAnyValue:StringNotEquals", "[\"a\",\"b\"]", {"a", "b"}, NO},
    {"ForAnyValue:StringLikeIfExists", "\"b*\"", {"a", "bb"}, YES},
    {"ForAnyValue:IpAddress", "\"10.0.0.0/8\"", {"x", "10.1.1.1"}, YES},
    {"ForAnyValue:IpAddress", "\"10.0.0.0/8\"", {"x", "11.1.1.1"}, UNKNOWN},
    {"ForAnyValue:ArnLike", "\"arn:aws:iam::*:user/*\"", {ROLE, BOB}, YES},
    {"ForAllValues:Bool", "true", {"true", "true"}, YES},
    {"ForAllValues:Bool", "true", {"true", "false"}, NO},
    {"ForAnyValue:BinaryEquals", "\"QQ==\"", {"Qg==", "QQ=="}, YES},
    {"ForAllValues:DateLessThan", "\"2026\"", {"2025", "2024"}, YES},
};

static void several_values_are_compared_as_a_set(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(several); i++) {
    struct key key = {.name = KEY};

    memcpy(key.values, several[i].request, sizeof several[i].request);
    assert_condition(several[i].operation, several[i].values,
                     (struct keys){&key, 1, 0}, several[i].outcome);
  }
}

static void keys_are_compared_without_case(void **state)
{
  static const struct key key = {"AWS:principalTAG/X", {"a"}, false};

  (void)state;
  assert_condition("StringEquals", "\"a\"", (struct keys){&key, 1, 0}, YES);
}

static void key_that_cannot_be_said_is_an_error(void **state)
{
  static const struct key key = {KEY, {NULL}, true};
  static const char *const texts[] = {
      V2012(ALLOW(ALL ",\"Condition\":{\"Null\":{\"" KEY "\":true}}")),
      V2012(ALLOW(ALL) "," DENY(ALL ",\"Condition\":{\"ForAllValues:StringLike"
                                    "\":{\"" KEY "\":\"a\"}}")),
      V2012(ALLOW(ALL) "," DENY("\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::"
                                "${" KEY "}\"")),
      V2012(ALLOW(ALL ",\"Condition\":{\"StringLike\":{\"aws:b\":\"${" KEY
                      "}\"}}")),
  };

  (void)state;
  for (size_t i = 0; i < COUNT(texts); i++) {
    const struct key both[] = {key, {"aws:b", {"b"}, false}};
    struct scene s = {.identity = {texts[i]}, .keys = {both, 2, 0}};

    (void)scene_decide(&s);
    assert_int_equal(s.rc, -ERR_IO);
    assert_string_equal(s.e.text, KEY " cannot be said");
  }
}

static void all_conditions_of_a_statement_must_hold(void **state)
{
  static const struct key keys[] = {{"aws:a", {"1"}, false},
                                    {"aws:b", {"2"}, false},
                                    {"aws:c", {"x"}, false}};
  static const struct {
    const char *condition;
    enum policy_effect effect;
  } rows[] = {
      {"{}", POLICY_ALLOWED},
      {"{\"StringEquals\":{}}", POLICY_ALLOWED},
      {"{\"StringEquals\":{\"aws:a\":\"1\",\"aws:b\":\"2\"}}", POLICY_ALLOWED},
      {"{\"StringEquals\":{\"aws:a\":\"1\",\"aws:b\":\"3\"}}",
       POLICY_NOT_ALLOWED},
      {"{\"StringEquals\":{\"aws:a\":\"1\"},\"Null\":{\"aws:b\":true}}",
       POLICY_NOT_ALLOWED},
      {"{\"NumericEquals\":{\"aws:c\":1},\"StringEquals\":{\"aws:a\":\"1\"}}",
       POLICY_NOT_ALLOWED},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[512];
    struct scene s = {.identity = {text}, .keys = {keys, COUNT(keys), 0}};

    (void)snprintf(text, sizeof text, V2012(ALLOW(ALL ",\"Condition\":%s")),
                   rows[i].condition);
    assert_int_equal(scene_decide(&s).effect, rows[i].effect);
  }
}

/* Where one condition is known not to hold, what can't be told about another
 * does not matter, in either order. */
static void unknown_condition_denies_only_if_the_others_hold(void **state)
{
  static const struct key keys[] = {{"aws:n", {"x"}, false},
                                    {"aws:a", {"1"}, false}};
  static const struct {
    const char *condition;
    enum policy_effect effect;
  } rows[] = {
      {"{\"NumericEquals\":{\"aws:n\":1},\"StringEquals\":{\"aws:a\":\"1\"}}",
       POLICY_DENIED},
      {"{\"NumericEquals\":{\"aws:n\":1},\"StringEquals\":{\"aws:a\":\"2\"}}",
       POLICY_ALLOWED},
      {"{\"StringEquals\":{\"aws:a\":\"2\"},\"NumericEquals\":{\"aws:n\":1}}",
       POLICY_ALLOWED},
      {"{\"StringEquals\":{\"aws:a\":\"1\"},\"NumericEquals\":{\"aws:n\":1}}",
       POLICY_DENIED},
  };

  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[512];
    struct scene s = {.identity = {text}, .keys = {keys, COUNT(keys), 0}};

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW(ALL) "," DENY(ALL ",\"Condition\":%s")),
                   rows[i].condition);
    assert_int_equal(scene_decide(&s).effect, rows[i].effect);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_value_is_compared_by_its_operator),
      cmocka_unit_test(missing_key_holds_when_negated_or_if_exists),
      cmocka_unit_test(empty_key_is_a_missing_one),
      cmocka_unit_test(set_of_empty_texts_is_an_empty_set),
      cmocka_unit_test(several_values_are_compared_as_a_set),
      cmocka_unit_test(keys_are_compared_without_case),
      cmocka_unit_test(key_that_cannot_be_said_is_an_error),
      cmocka_unit_test(all_conditions_of_a_statement_must_hold),
      cmocka_unit_test(unknown_condition_denies_only_if_the_others_hold),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
