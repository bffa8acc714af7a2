/* Documents of every right and wrong form, with the exact line that is said.
 */
#include "fixture.h"

#define WHO "\"Principal\":{\"AWS\":\"" BOB "\"},"

static const struct {
  enum policy_kind kind;
  const char *text;
} good[] = {
    {POLICY_IDENTITY, V2012(ALLOW(ALL))},
    {POLICY_IDENTITY, "{\"Statement\":" ALLOW(ALL) "}"},
    {POLICY_IDENTITY, "{\"Version\":\"2008-10-17\",\"Statement\":[]}"},
    {POLICY_IDENTITY, " {\n\"Statement\" : [ ] }\n"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Sid\":\"\"," ALL) "," ALLOW("\"Sid\":\"A1\"," ALL) "," DENY(
         "\"Sid\":\"\"," ALL))},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Resource\":\"*\",\"Action\":\"*\"") "," ALLOW(ALL))},
    {POLICY_IDENTITY, V2012(DENY("\"NotAction\":\"iam:*\",\"NotResource\":"
                                 "\"arn:aws:iam::1:user/${aws:username}\""))},
    {POLICY_RESOURCE,
     "{\"Id\":\"some name\",\"Version\":\"2012-10-17\",\"Statement\":" ALLOW(
         "\"Sid\":\"with blanks\"," WHO ALL) "}"},
    {POLICY_RESOURCE,
     V2012(ALLOW(
         "\"Principal\":{\"AWS\":[\"*\",\"111122223333\",\"arn:aws:iam::"
         "111122223333:root\",\"arn:aws-cn:iam::111122223333:role/a/b/c\","
         "\"arn:aws:sts::111122223333:federated-user/x\","
         "\"AROAIIAL55SIWTIQBE6RU\"],\"Service\":\"ecs.amazonaws.com\","
         "\"Federated\":\"accounts.google.com\",\"CanonicalUser\":\"79a5\"}"
         "," ALL))},
    {POLICY_RESOURCE, V2012(DENY("\"NotPrincipal\":\"*\"," ALL))},
    {POLICY_TRUST, V2012(ALLOW(WHO "\"Action\":\"sts:AssumeRole\""))},
    {POLICY_BOUNDARY, V2012(ALLOW(ALL))},
    {POLICY_SESSION, V2012(ALLOW(ALL ",\"Condition\":{}"))},
};

static void right_forms_are_read(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(good); i++)
    policy_free(parsed(good[i].text, good[i].kind));
}

#define CONDITION(text) V2012(ALLOW(ALL ",\"Condition\":" text))

static const struct {
  enum policy_kind kind;
  const char *text, *said;
} bad[] = {
    {POLICY_IDENTITY, "", "1:0: this is not JSON"},
    {POLICY_IDENTITY, "{\n  \"Statement\": [\n  }\n}", "3:3: this is not JSON"},
    {POLICY_IDENTITY, "{\"Statement\":[],\"Statement\":[]}",
     "1:27: a key stands twice in one object"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Effect\":\"Deny\"," ALL)),
     "1:63: a key stands twice in one object"},
    {POLICY_IDENTITY, "[]", "the policy must be a JSON object"},
    {POLICY_IDENTITY, "{}",
     "the policy needs a Statement: an object, or a list of them"},
    {POLICY_IDENTITY, "{\"Statement\":\"x\"}",
     "the policy needs a Statement: an object, or a list of them"},
    {POLICY_IDENTITY, "{\"statement\":[]}",
     "\"statement\" is no element of a policy; these are: Version, Id, "
     "Statement"},
    {POLICY_IDENTITY, "{\"Version\":\"2012-10-18\",\"Statement\":[]}",
     "Version must be \"2012-10-17\" or \"2008-10-17\""},
    {POLICY_IDENTITY, "{\"Version\":2012,\"Statement\":[]}",
     "Version must be \"2012-10-17\" or \"2008-10-17\""},
    {POLICY_IDENTITY, "{\"Id\":\"x\",\"Statement\":[]}",
     "Id may stand in the policy of a resource only"},
    {POLICY_RESOURCE, "{\"Id\":1,\"Statement\":[]}", "Id must be a string"},
    {POLICY_IDENTITY, V2012("1"),
     "statement 1: a statement must be a JSON object"},
    {POLICY_IDENTITY, V2012(ALLOW(ALL) "," ALLOW("\"X\":1," ALL)),
     "statement 2: \"X\" is no element of a statement; these are: Sid, "
     "Effect, Principal, NotPrincipal, Action, NotAction, Resource, "
     "NotResource, Condition"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Sid\":1," ALL)),
     "statement 1: Sid must be a string"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Sid\":\"a b\"," ALL)),
     "statement 1: Sid \"a b\" must be letters and digits only"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Sid\":\"a\"," ALL) "," ALLOW(ALL) "," ALLOW(
         "\"Sid\":\"a\"," ALL)),
     "statement 3: Sid \"a\" is used twice"},
    {POLICY_IDENTITY, V2012("{" ALL "}"), "statement 1: Effect is missing"},
    {POLICY_IDENTITY, V2012("{\"Effect\":\"allow\"," ALL "}"),
     "statement 1: Effect must be \"Allow\" or \"Deny\""},
    {POLICY_IDENTITY, V2012("{\"Effect\":true," ALL "}"),
     "statement 1: Effect must be \"Allow\" or \"Deny\""},
    {POLICY_IDENTITY, V2012(ALLOW(WHO ALL)),
     "statement 1: Principal may not stand in a policy of this kind"},
    {POLICY_BOUNDARY, V2012(DENY("\"NotPrincipal\":\"*\"," ALL)),
     "statement 1: NotPrincipal may not stand in a policy of this kind"},
    {POLICY_RESOURCE, V2012(ALLOW(ALL)),
     "statement 1: Principal or NotPrincipal is missing"},
    {POLICY_RESOURCE, V2012(ALLOW(WHO "\"NotPrincipal\":\"*\"," ALL)),
     "statement 1: Principal and NotPrincipal exclude each other"},
    {POLICY_TRUST, V2012(ALLOW(WHO ALL)),
     "statement 1: Resource may not stand in a policy of this kind"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Resource\":\"*\"")),
     "statement 1: Action or NotAction is missing"},
    {POLICY_IDENTITY, V2012(ALLOW("\"NotAction\":\"*\"," ALL)),
     "statement 1: Action and NotAction exclude each other"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"*\"")),
     "statement 1: Resource or NotResource is missing"},
    {POLICY_IDENTITY, V2012(ALLOW("\"NotResource\":\"*\"," ALL)),
     "statement 1: Resource and NotResource exclude each other"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":1,\"Resource\":\"*\"")),
     "statement 1: Action must be a string or a list of strings"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":[\"*\",{}],\"Resource\":\"*\"")),
     "statement 1: Action must be a string or a list of strings"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"NotAction\":\"GetSecretValue\",\"Resource\":\"*\"")),
     "statement 1: NotAction: \"GetSecretValue\" is no action; give \"*\" or "
     "one such as \"secretsmanager:Get*\""},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"s*:Get\",\"Resource\":\"*\"")),
     "statement 1: Action: \"s*:Get\" is no action; give \"*\" or one such as "
     "\"secretsmanager:Get*\""},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"s3:\",\"Resource\":\"*\"")),
     "statement 1: Action: \"s3:\" is no action; give \"*\" or one such as "
     "\"secretsmanager:Get*\""},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"s3:a b\",\"Resource\":\"*\"")),
     "statement 1: Action: \"s3:a b\" is no action; give \"*\" or one such as "
     "\"secretsmanager:Get*\""},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"app/db\"")),
     "statement 1: Resource: \"app/db\" is no resource; give \"*\" or an ARN"},
    {POLICY_IDENTITY, V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"\"")),
     "statement 1: Resource: \"\" is no resource; give \"*\" or an ARN"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"arn:aws:s3\"")),
     "statement 1: Resource: \"arn:aws:s3\" is no resource; give \"*\" or an "
     "ARN"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"arn:aws:s3:${aws:x}::a\"")),
     "statement 1: Resource: \"arn:aws:s3:${aws:x}::a\": variables may stand "
     "behind the fifth colon of an ARN only"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::${aws:x\"")),
     "statement 1: Resource: \"${aws:x\" is no variable; these are: ${key}, "
     "${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY,
     V2012(ALLOW("\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::${}\"")),
     "statement 1: Resource: \"${}\" is no variable; these are: ${key}, "
     "${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"${*, 'c'}\"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${*, 'c'}\" is no "
     "variable; these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"x${   }\"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${   }\" is no variable; "
     "these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"${ \"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${ \" is no variable; "
     "these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"${*\"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${*\" is no variable; "
     "these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"${b, c}\"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${b, c}\" is no variable; "
     "these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_IDENTITY, CONDITION("{\"StringEquals\":{\"aws:a\":\"${b,'c\"}}"),
     "statement 1: Condition: StringEquals: aws:a: \"${b,'c\" is no variable; "
     "these are: ${key}, ${key, 'default'}, ${*}, ${?} and ${$}"},
    {POLICY_RESOURCE, V2012(ALLOW("\"Principal\":\"bob\"," ALL)),
     "statement 1: Principal must be \"*\" or an object such as {\"AWS\": "
     "\"123456789012\"}"},
    {POLICY_RESOURCE, V2012(ALLOW("\"Principal\":{\"User\":\"*\"}," ALL)),
     "statement 1: Principal has \"User\"; it may have AWS, Service, Federated "
     "and CanonicalUser"},
    {POLICY_RESOURCE, V2012(ALLOW("\"Principal\":{\"AWS\":[1]}," ALL)),
     "statement 1: Principal's AWS must be a string or a list of strings"},
    {POLICY_RESOURCE,
     V2012(ALLOW(
         "\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:user/*\"}," ALL)),
     "statement 1: \"arn:aws:iam::111122223333:user/*\" is no principal of the "
     "form AWS; give \"*\", an account, or the ARN of a user, a role or a "
     "session"},
    {POLICY_IDENTITY, CONDITION("[]"),
     "statement 1: Condition must be an object of operators"},
    {POLICY_IDENTITY, CONDITION("{\"StringEqual\":{}}"),
     "statement 1: Condition: \"StringEqual\" is no operator"},
    {POLICY_IDENTITY, CONDITION("{\"NullIfExists\":{\"aws:a\":true}}"),
     "statement 1: Condition: \"NullIfExists\" is no operator"},
    {POLICY_IDENTITY, CONDITION("{\"ForAnyValue:Null\":{\"aws:a\":true}}"),
     "statement 1: Condition: \"ForAnyValue:Null\" is no operator"},
    {POLICY_IDENTITY, CONDITION("{\"ForSomeValues:Bool\":{\"aws:a\":true}}"),
     "statement 1: Condition: \"ForSomeValues:Bool\" is no operator"},
    {POLICY_IDENTITY, CONDITION("{\"IfExists\":{\"aws:a\":true}}"),
     "statement 1: Condition: \"IfExists\" is no operator"},
    {POLICY_IDENTITY, CONDITION("{\"Bool\":\"true\"}"),
     "statement 1: Condition: Bool must be an object of keys and values"},
    {POLICY_IDENTITY, CONDITION("{\"Bool\":{\"SecureTransport\":true}}"),
     "statement 1: Condition: Bool: \"SecureTransport\" is no key; one is such "
     "as \"aws:SourceIp\""},
    {POLICY_IDENTITY, CONDITION("{\"Bool\":{\"aws:a\":{}}}"),
     "statement 1: Condition: Bool: aws:a: its values must be strings, numbers "
     "or booleans"},
    {POLICY_IDENTITY, CONDITION("{\"Bool\":{\"aws:a\":\"yes\"}}"),
     "statement 1: Condition: Bool: aws:a: \"yes\" is not true or false"},
    {POLICY_IDENTITY, CONDITION("{\"Null\":{\"aws:a\":\"${aws:b}\"}}"),
     "statement 1: Condition: Null: aws:a: \"${aws:b}\" is not true or false"},
    {POLICY_IDENTITY, CONDITION("{\"NumericEquals\":{\"aws:a\":[1,\"x\"]}}"),
     "statement 1: Condition: NumericEquals: aws:a: \"x\" is not a number"},
    {POLICY_IDENTITY, CONDITION("{\"DateLessThan\":{\"aws:a\":\"soon\"}}"),
     "statement 1: Condition: DateLessThan: aws:a: \"soon\" is not a date such "
     "as 2026-01-31T00:00:00Z"},
    {POLICY_IDENTITY, CONDITION("{\"IpAddress\":{\"aws:a\":\"10.0.0.0/33\"}}"),
     "statement 1: Condition: IpAddress: aws:a: \"10.0.0.0/33\" is not an "
     "address or a range such as 192.0.2.0/24"},
    {POLICY_IDENTITY, CONDITION("{\"BinaryEquals\":{\"aws:a\":\"Q\"}}"),
     "statement 1: Condition: BinaryEquals: aws:a: \"Q\" is not base64"},
};

static void wrong_forms_are_refused_with_their_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct policy *p = NULL;
    struct err e = {0};
    int rc =
        policy_parse(bad[i].text, strlen(bad[i].text), bad[i].kind, &p, &e);

    if (rc != -ERR_POLICY_SYNTAX || e.code != ERR_POLICY_SYNTAX || p != NULL ||
        strcmp(e.text, bad[i].said) != 0)
      fail_msg("%s: %d: %s", bad[i].text, rc, e.text);
    /* Nobody need listen. */
    assert_int_equal(
        policy_parse(bad[i].text, strlen(bad[i].text), bad[i].kind, &p, NULL),
        -ERR_POLICY_SYNTAX);
  }
}

static const char *const dates[] = {
    "2026-1-1",
    "2026x",
    "2026-01x",
    "2026-01-01T00:00:",
    "2026-01-01T00:00:00.",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+23:60",
    "1772323200.",
    "1772323200.x",
    "1772323200.5Z",
    "2026-13",
    "2026-00-01",
    "2026-02-29",
    "2026-04-31",
    "2026-01-01T00",
    "2026-01-01T24:00Z",
    "2026-01-01T00:60Z",
    "2026-01-01T00:00",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+0100",
    "2026-01-01T00:00:00Z ",
    "-1",
    "1234567890123",
    "",
};

static const char *const addresses[] = {
    "",           "10",           "10.0.0",       "10.0.0.0.0",
    "10.0.0.256", "010.0.0.1",    "10.0.0.0/",    "10.0.0.0/a",
    "::1/129",    "::1/0x1",      "10.0.0.0/8/8", "*",
    "10.*",       "fe80::1%eth0", " 10.0.0.1",
};

static const char *const bytes[] = {"Q",        "QQ",   "QQ=",  "QQ-_", "Q===",
                                    "QQ==QQ==", "{}==", "QQ =", "[[[[", "@@@@"};

static const char *const numbers[] = {
    "", "-", "+", ".5", "5.", "1e5", "0x10", "1 ", "1,5", "--1", "1.2.3",
};

static void assert_values_refused(const char *operation,
                                  const char *const *values, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    char text[256];
    struct policy *p = NULL;

    (void)snprintf(text, sizeof text, CONDITION("{\"%s\":{\"aws:a\":\"%s\"}}"),
                   operation, values[i]);
    if (policy_parse(text, strlen(text), POLICY_IDENTITY, &p, NULL) !=
        -ERR_POLICY_SYNTAX)
      fail_msg("%s: %s", operation, values[i]);
  }
}

static void values_that_are_none_of_their_type_are_refused(void **state)
{
  (void)state;
  assert_values_refused("DateEquals", dates, COUNT(dates));
  assert_values_refused("NotIpAddress", addresses, COUNT(addresses));
  assert_values_refused("NumericLessThan", numbers, COUNT(numbers));
  assert_values_refused("BinaryEquals", bytes, COUNT(bytes));
}

static const char *const actions[] = {
    "",          ":",      "s3",    "s3:",   ":Get", "s3: a", "s3:a:b",
    "s3:\u00e4", "s3:a/b", "s 3:a", "*:Get", "**",   "?"};

static void actions_of_no_form_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(actions); i++) {
    char text[256];
    struct policy *p = NULL;

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW("\"Action\":\"%s\",\"Resource\":\"*\"")),
                   actions[i]);
    if (policy_parse(text, strlen(text), POLICY_IDENTITY, &p, NULL) !=
        -ERR_POLICY_SYNTAX)
      fail_msg("%s", actions[i]);
  }
}

static const struct {
  const char *family, *name;
  bool right;
} others[] = {
    {"Service", "lambda.amazonaws.com", true},
    {"Service", "s3.amazonaws.com.cn", true},
    {"Service", "lambda", false},
    {"Service", "*", false},
    {"Service", "", false},
    {"Service", "La mbda.amazonaws.com", false},
    {"Federated", "arn:aws:iam::111122223333:saml-provider/x", true},
    {"Federated", "", false},
    {"Federated", "*", false},
    {"Federated", "a*", false},
    {"CanonicalUser", "79a5", true},
    {"CanonicalUser", "", false},
};

static void other_principals_are_read(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(others); i++) {
    char text[256];
    struct policy *p = NULL;

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW("\"Principal\":{\"%s\":\"%s\"}," ALL)),
                   others[i].family, others[i].name);
    if ((policy_parse(text, strlen(text), POLICY_RESOURCE, &p, NULL) == 0) !=
        others[i].right)
      fail_msg("%s %s", others[i].family, others[i].name);
    policy_free(p);
  }
}

static const char *const principals[] = {
    "",
    "**",
    "arn:*",
    "11112222333",
    "1111222233334",
    "bob",
    "arn:aws:iam::111122223333:user",
    "arn:aws:iam::111122223333:user/",
    "arn:aws:iam::111122223333:user//bob",
    "arn:aws:iam::111122223333:group/g",
    "arn:aws:iam::111122223333:user/b?b",
    "arn:aws:iam::*:root",
    "arn:aws:iam::1111:root",
    "arn:aws:iam:eu:111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/app",
    "arn:aws:sts::111122223333:assumed-role/app/*",
    "arn:aws:sts::111122223333:assumed-role/app/a/b",
    "arn:aws:sts::111122223333:root",
    "arn:aws:s3:::bucket",
    "arn:aws:iam::111122223333:root:x",
    "arn:gcp:iam::111122223333:root",
    "AIDA",
    "AIDAaaaaaaaaaaaaaaaaa",
};

static void principals_of_no_form_are_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(principals); i++) {
    char text[256];
    struct policy *p = NULL;

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW("\"Principal\":{\"AWS\":\"%s\"}," ALL)),
                   principals[i]);
    if (policy_parse(text, strlen(text), POLICY_RESOURCE, &p, NULL) !=
        -ERR_POLICY_SYNTAX)
      fail_msg("%s", principals[i]);
  }
}

/* `n` characters of a policy that is right but for its length. */
static char *padded(size_t n, const char *character)
{
  static const char head[] = "{\"Id\":\"", tail[] = "\",\"Statement\":[]}";
  size_t fill = n - strlen(head) - strlen(tail), size = strlen(character);
  char *text = malloc(n * size + 1), *at = text;

  memcpy(at, head, strlen(head));
  at += strlen(head);
  for (size_t i = 0; i < fill; i++, at += size)
    memcpy(at, character, size);
  memcpy(at, tail, sizeof tail);
  return text;
}

static void length_is_limited_in_characters(void **state)
{
  static const char *const characters[] = {"a", "\xc3\xa4", "\xf0\x9f\x94\x91"};
  struct err e = {0};
  struct policy *p = NULL;

  (void)state;
  for (size_t i = 0; i < COUNT(characters); i++) {
    char *text = padded(POLICY_TEXT_MAX, characters[i]);

    policy_free(parsed(text, POLICY_RESOURCE));
    free(text);
    text = padded(POLICY_TEXT_MAX + 1, characters[i]);
    assert_int_equal(policy_parse(text, strlen(text), POLICY_RESOURCE, &p, &e),
                     -ERR_POLICY_SYNTAX);
    assert_string_equal(e.text, "the policy has more than 20480 characters");
    free(text);
  }
}

static void depth_is_limited(void **state)
{
  struct err e = {0};
  struct policy *p = NULL;
  char text[64];

  (void)state;
  memset(text, '[', sizeof text);
  assert_int_equal(policy_parse(text, sizeof text, POLICY_RESOURCE, &p, &e),
                   -ERR_POLICY_SYNTAX);
  assert_string_equal(e.text, "JSON is nested deeper than 8 levels");
}

/* As many statements as there is room for. */
static void largest_policy_is_read_and_decided(void **state)
{
  static const char one[] = "{\"Effect\":\"Deny\",\"Action\":\"s3:*\","
                            "\"Resource\":\"*\"},";
  char *text = malloc(POLICY_TEXT_MAX + 1);
  struct scene s = {.identity = {text}};
  size_t n = 0;

  (void)state;
  n += (size_t)snprintf(text, POLICY_TEXT_MAX, "{\"Statement\":[");
  while (n + 2 * sizeof one + 10 < POLICY_TEXT_MAX)
    n += (size_t)snprintf(text + n, POLICY_TEXT_MAX - n, "%s", one);
  (void)snprintf(text + n, POLICY_TEXT_MAX - n, "%s]}", ALLOW(ALL));
  assert_int_equal(scene_decide(&s).statement,
                   (int)((n - strlen("{\"Statement\":[")) / strlen(one)));
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(right_forms_are_read),
      cmocka_unit_test(wrong_forms_are_refused_with_their_place),
      cmocka_unit_test(values_that_are_none_of_their_type_are_refused),
      cmocka_unit_test(principals_of_no_form_are_refused),
      cmocka_unit_test(actions_of_no_form_are_refused),
      cmocka_unit_test(other_principals_are_read),
      cmocka_unit_test(length_is_limited_in_characters),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(largest_policy_is_read_and_decided),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
