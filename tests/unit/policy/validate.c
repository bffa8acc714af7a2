/* What is public, what is impossible, and what PutResourcePolicy refuses. */
#include "policy/validate.h"
#include "fixture.h"
#include "policy/public.h"

#define ANYONE     "\"Principal\":\"*\","
#define TO(who)    "\"Principal\":{\"AWS\":\"" who "\"},"
#define IF(c)      ",\"Condition\":{" c "}"
#define OPEN(c)    V2012(ALLOW(ANYONE ALL IF(c)))
#define PUT_ACTION "secretsmanager:PutResourcePolicy"

static const struct {
  const char *text;
  bool is_public;
} rows[] = {
    {V2012(ALLOW(ANYONE ALL)), true},
    {V2012(ALLOW(TO("*") ALL)), true},
    {V2012(ALLOW("\"Principal\":{\"AWS\":[\"" BOB "\",\"*\"]}," ALL)), true},
    {V2012(ALLOW("\"NotPrincipal\":{\"AWS\":\"" BOB "\"}," ALL)), true},
    {V2012(ALLOW(TO(BOB) ALL) "," ALLOW(ANYONE ALL)), true},
    {V2012(ALLOW(ANYONE ALL) "," DENY(ANYONE ALL)), true},
    {V2012(ALLOW(TO(BOB) ALL)), false},
    {V2012(ALLOW(TO(THERE) ALL)), false},
    {V2012(DENY(ANYONE ALL)), false},
    {V2012(ALLOW("\"Principal\":{\"Service\":\"lambda.amazonaws.com\"}," ALL)),
     false},
    {V2012(""), false},
    {OPEN("\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"), false},
    {OPEN("\"StringEquals\":{\"AWS:principalorgid\":\"o-1\"}"), false},
    {OPEN("\"StringLike\":{\"aws:PrincipalOrgID\":\"o-1\"}"), false},
    {OPEN("\"StringLike\":{\"aws:PrincipalOrgID\":\"o-*\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:PrincipalOrgID\":[\"o-1\",\"${aws:x}\"]}"),
     true},
    {OPEN("\"StringLike\":{\"aws:PrincipalOrgID\":[\"o-1\",\"*\"]}"), true},
    {OPEN("\"StringNotEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"), true},
    {OPEN("\"StringEqualsIfExists\":{\"aws:PrincipalOrgID\":\"o-1\"}"), true},
    {OPEN("\"ForAllValues:StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}"),
     true},
    {OPEN("\"Null\":{\"aws:PrincipalOrgID\":false}"), true},
    {OPEN("\"ForAnyValue:StringLike\":{\"aws:PrincipalOrgPaths\":"
          "\"o-1/*\"}"),
     false},
    {OPEN("\"ForAnyValue:StringLike\":{\"aws:PrincipalOrgPaths\":\"o*/x\"}"),
     true},
    {OPEN("\"StringEquals\":{\"aws:PrincipalTag/team\":\"a\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:username\":\"bob\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:PrincipalAccount\":\"" HERE "\"}"), false},
    {OPEN("\"StringLike\":{\"aws:PrincipalAccount\":\"1111*\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}"), false},
    {OPEN("\"StringEquals\":{\"aws:SourceVpce\":[\"vpce-1\",\"vpce-2\"]}"),
     false},
    {OPEN("\"StringEquals\":{\"aws:SourceVpce\":[]}"), false},
    {OPEN("\"StringEquals\":{\"aws:SourceAccount\":\"" HERE "\"}"), false},
    {OPEN("\"StringEquals\":{\"aws:SourceVpce\":\"\"}"), true},
    {OPEN("\"ArnEquals\":{\"aws:SourceArn\":\"arn:aws:s3:::bucket\"}"), false},
    {OPEN("\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:s3:::*\"}"), true},
    {OPEN("\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:sns:*:" HERE ":*\"}"),
     false},
    {OPEN("\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:sns:*:*:t\"}"), true},
    {OPEN("\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::" HERE
          ":role/*\"}"),
     false},
    {OPEN("\"StringLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::" HERE
          ":role/*\"}"),
     false},
    {OPEN("\"StringLike\":{\"aws:PrincipalArn\":\"arn:*:iam::" HERE
          ":role/*\"}"),
     true},
    {OPEN("\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::*:role/app\"}"),
     true},
    {OPEN("\"ArnNotLike\":{\"aws:PrincipalArn\":\"" BOB "\"}"), true},
    {OPEN("\"StringLike\":{\"aws:userid\":\"AROAEXAMPLE:*\"}"), false},
    {OPEN("\"StringLike\":{\"aws:userid\":\"*:work\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:userid\":\"AIDAEXAMPLE\"}"), false},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}"), false},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"203.0.0.0/8\"}"), false},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"203.0.0.0/7\"}"), true},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"0.0.0.0/0\"}"), true},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":[\"10.0.0.0/8\",\"0.0.0.0/1\"]}"),
     true},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"2001:db8::/32\"}"), false},
    {OPEN("\"IpAddress\":{\"aws:SourceIp\":\"2001::/16\"}"), true},
    {OPEN("\"NotIpAddress\":{\"aws:SourceIp\":\"203.0.113.0/24\"}"), true},
    {OPEN("\"IpAddressIfExists\":{\"aws:SourceIp\":\"203.0.113.0/24\"}"), true},
    {OPEN("\"StringEquals\":{\"aws:SourceIp\":\"203.0.113.1\"}"), true},
    {OPEN("\"Bool\":{\"aws:SecureTransport\":true}"), true},
    {OPEN("\"Bool\":{\"aws:SecureTransport\":true},"
          "\"StringEquals\":{\"aws:SourceVpce\":\"vpce-1\"}"),
     false},
};

static void what_fixed_values_do_not_hold_down_is_public(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct policy *p = parsed(rows[i].text, POLICY_RESOURCE);

    if (policy_is_public(p, NULL) != rows[i].is_public)
      fail_msg("%s", rows[i].text);
    policy_free(p);
  }
}

static void first_public_statement_is_told(void **state)
{
  size_t statement = 99;
  struct policy *p =
      parsed(V2012(ALLOW(TO(BOB) ALL) "," DENY(ANYONE ALL) "," ALLOW(
                 ANYONE ALL) "," ALLOW(ANYONE ALL)),
             POLICY_RESOURCE);

  (void)state;
  assert_true(policy_is_public(p, &statement));
  assert_int_equal(statement, 2);
  policy_free(p);
}

/* We know bob, the role app and its sessions. */
static int principal_find(void *ctx, const char *arn, struct err *e)
{
  unsigned *asked = ctx;

  (*asked)++;
  if (strstr(arn, "broken") != NULL)
    return err_set(e, ERR_IO, "the directory is not there");
  return strcmp(arn, BOB) == 0 || strcmp(arn, ROLE) == 0 ||
         strcmp(arn, WORK) == 0;
}

#define UNSUPPORTED         "This resource policy contains an unsupported principal."
#define SYNTAX              "This policy has invalid syntax."
#define FINE                TO(BOB) "\"Resource\":\"*\","
#define GET                 "\"Action\":\"" READ "\""
#define AT(statement, text) "Statement " #statement ": " text

static const struct {
  const char *text;
  struct {
    const char *check, *message;
  } findings[3];
} findings[] = {
    {V2012(ALLOW(TO(BOB) ALL)), {{NULL, NULL}}},
    {V2012(ALLOW(FINE GET) "," DENY(FINE "\"Action\":\"secretsmanager:*\"")),
     {{NULL, NULL}}},
    {"{", {{POLICY_CHECK_SYNTAX, SYNTAX " 1:1: this is not JSON"}}},
    {V2012("{" FINE GET "}"),
     {{POLICY_CHECK_SYNTAX, SYNTAX " statement 1: Effect is missing"}}},
    {V2012(ALLOW(TO("nobody") ALL)),
     {{POLICY_CHECK_PRINCIPAL,
       UNSUPPORTED " statement 1: \"nobody\" is no principal of the form AWS; "
                   "give \"*\", an account, or the ARN of a user, a role or a "
                   "session"}}},
    {V2012(ALLOW(TO(ALICE) ALL)),
     {{POLICY_CHECK_PRINCIPAL, UNSUPPORTED " Statement 1: \"" ALICE "\""}}},
    {V2012(ALLOW(TO(ROLE) ALL) "," DENY(TO(WORK) GET ",\"Resource\":\"*\"")),
     {{NULL, NULL}}},
    {V2012(ALLOW(TO("arn:aws:iam::" THERE ":user/eve") ALL)), {{NULL, NULL}}},
    {V2012(ALLOW(TO("AIDAEXAMPLEEXAMPLE") ALL)),
     {{POLICY_CHECK_PRINCIPAL,
       UNSUPPORTED " Statement 1: \"AIDAEXAMPLEEXAMPLE\""}}},
    {V2012(ALLOW("\"Principal\":{\"Federated\":\"accounts.google.com\"}," ALL)),
     {{POLICY_CHECK_PRINCIPAL,
       UNSUPPORTED " Statement 1: \"accounts.google.com\""}}},
    {V2012(ALLOW(FINE "\"Action\":[\"" READ "\",\"s3:Get*\"]")),
     {{POLICY_CHECK_ACTION,
       AT(1, "Action number 2 is no action of Secrets Manager.")}}},
    {V2012(ALLOW(FINE "\"Action\":\"secretsmanager:ReadSecret\"")),
     {{POLICY_CHECK_ACTION,
       AT(1, "Action number 1 is no action of Secrets Manager.")}}},
    {V2012(ALLOW(FINE "\"Action\":\"SecretsManager:GETsecret*\"")),
     {{NULL, NULL}}},
    {V2012(ALLOW(FINE "\"Action\":\"keyturn:*\"")), {{NULL, NULL}}},
    {V2012(ALLOW(FINE "\"Action\":[]")),
     {{POLICY_CHECK_ACTION, AT(1, "Action is empty.")}}},
    {V2012(ALLOW(FINE "\"NotAction\":\"secretsmanager:*\"")),
     {{POLICY_CHECK_ACTION,
       AT(1, "NotAction excludes every action of Secrets Manager.")}}},
    {V2012(ALLOW(FINE "\"NotAction\":\"secretsmanager:Get*\"")),
     {{NULL, NULL}}},
    {V2012(ALLOW(TO(BOB) GET ",\"Resource\":\"" SECRET "\"")), {{NULL, NULL}}},
    {V2012(ALLOW(TO(BOB) GET ",\"Resource\":[\"arn:aws:secretsmanager:eu-west-"
                             "2:" HERE ":secret:app/db-AbCdEf\",\"" SECRET
                             "\"]")),
     {{NULL, NULL}}},
    {V2012(ALLOW(TO(BOB) GET
                 ",\"Resource\":\"arn:aws:secretsmanager:eu-west-1:" HERE
                 ":secret:app/web-*\"")),
     {{POLICY_CHECK_RESOURCE,
       AT(1, "Resource is not about this secret; use \"*\".")}}},
    {V2012(ALLOW(TO(BOB) GET ",\"Resource\":[]")),
     {{POLICY_CHECK_RESOURCE,
       AT(1, "Resource is not about this secret; use \"*\".")}}},
    {V2012(ALLOW(TO(BOB) GET ",\"NotResource\":\"" SECRET "\"")),
     {{POLICY_CHECK_RESOURCE,
       AT(1, "NotResource is not about this secret; use \"*\".")}}},
    {V2012(ALLOW(TO(BOB) GET
                 ",\"Resource\":\"arn:aws:secretsmanager:eu-west-1:" HERE
                 ":secret:${aws:username}\"")),
     {{NULL, NULL}}},
    {V2012(ALLOW(FINE GET IF("\"StringEquals\":{\"aws:a\":[]}"))),
     {{POLICY_CHECK_CONDITION,
       AT(1, "Condition can never hold for the key \"aws:a\".")}}},
    {V2012(ALLOW(ANYONE ALL)),
     {{POLICY_CHECK_PUBLIC,
       AT(1, "it grants broad access to the secret: its principal is everyone, "
             "and no condition limits that to fixed values.")}}},
    {V2012(DENY(FINE "\"Action\":\"s3:*\"") "," ALLOW(
         ANYONE ALL IF("\"Null\":{\"aws:a\":[]}"))),
     {{POLICY_CHECK_ACTION,
       AT(1, "Action number 1 is no action of Secrets Manager.")},
      {POLICY_CHECK_CONDITION,
       AT(2, "Condition can never hold for the key \"aws:a\".")},
      {POLICY_CHECK_PUBLIC,
       AT(2, "it grants broad access to the secret: its principal is everyone, "
             "and no condition limits that to fixed values.")}}},
};

static struct policy_subject subject(unsigned *asked)
{
  return (struct policy_subject){.secret_arn = SECRET,
                                 .account = HERE,
                                 .find_principal = principal_find,
                                 .find_ctx = asked};
}

static void everything_wrong_is_found(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(findings); i++) {
    const char *text = findings[i].text;
    struct policy_report r;
    unsigned asked = 0;
    struct policy_subject s = subject(&asked);
    size_t n = 0;

    assert_int_equal(policy_validate(text, strlen(text), &s, &r, NULL), 0);
    for (; n < 3 && findings[i].findings[n].check != NULL; n++)
      if (n >= r.n ||
          strcmp(r.findings[n].check, findings[i].findings[n].check) != 0 ||
          strcmp(r.findings[n].message, findings[i].findings[n].message) != 0)
        fail_msg("%s: %zu: %s %s", text, n, n < r.n ? r.findings[n].check : "-",
                 n < r.n ? r.findings[n].message : "-");
    if (r.n != n)
      fail_msg("%s: %s", text, r.findings[n].message);
  }
}

static const struct {
  const char *condition;
  bool impossible;
} contradictions[] = {
    {"", false},
    {"\"StringEquals\":{\"aws:a\":\"x\"}", false},
    {"\"StringEquals\":{\"aws:a\":[]}", true},
    {"\"StringNotEquals\":{\"aws:a\":[]}", false},
    {"\"StringEqualsIfExists\":{\"aws:a\":[]}", false},
    {"\"ForAllValues:StringEquals\":{\"aws:a\":[]}", false},
    {"\"ForAnyValue:StringEquals\":{\"aws:a\":[]}", true},
    {"\"Null\":{\"aws:a\":[]}", true},
    {"\"Null\":{\"aws:a\":true},\"StringEquals\":{\"aws:a\":\"x\"}", true},
    {"\"Null\":{\"aws:a\":true},\"Bool\":{\"AWS:A\":true}", true},
    {"\"Null\":{\"aws:a\":true},\"ForAnyValue:StringLike\":{\"aws:a\":\"*\"}",
     true},
    {"\"Null\":{\"aws:a\":true},\"StringNotEquals\":{\"aws:a\":\"x\"}", false},
    {"\"Null\":{\"aws:a\":true},\"StringEqualsIfExists\":{\"aws:a\":\"x\"}",
     false},
    {"\"Null\":{\"aws:a\":true},\"StringEquals\":{\"aws:b\":\"x\"}", false},
    {"\"Null\":{\"aws:a\":false},\"StringEquals\":{\"aws:a\":\"x\"}", false},
    {"\"Null\":{\"aws:a\":true,\"AWS:A\":false}", true},
    {"\"Null\":{\"aws:a\":[true,false]},\"StringEquals\":{\"aws:a\":\"x\"}",
     false},
    {"\"StringEquals\":{\"aws:a\":\"x\"},\"StringNotEquals\":{\"aws:a\":\"x\"}",
     true},
    {"\"StringEquals\":{\"aws:a\":[\"x\",\"y\"]},"
     "\"StringNotEquals\":{\"aws:a\":\"x\"}",
     false},
    {"\"StringEquals\":{\"aws:a\":\"x\"},\"StringLike\":{\"aws:a\":\"y*\"}",
     true},
    {"\"StringEquals\":{\"aws:a\":\"${aws:b}\"},"
     "\"StringLike\":{\"aws:a\":\"y*\"}",
     false},
    {"\"StringEquals\":{\"aws:a\":\"x\"},"
     "\"StringLike\":{\"aws:a\":\"${aws:b}*\"}",
     false},
    {"\"StringEquals\":{\"aws:a\":\"1\"},\"NumericEquals\":{\"aws:a\":2}",
     false},
    {"\"NumericEquals\":{\"aws:a\":5},\"NumericLessThan\":{\"aws:a\":5}", true},
    {"\"NumericEquals\":{\"aws:a\":[4,5]},\"NumericLessThan\":{\"aws:a\":5}",
     false},
    {"\"DateGreaterThan\":{\"aws:a\":\"2026-02-01\"},"
     "\"DateLessThan\":{\"aws:a\":\"2026-01-01\"}",
     true},
    {"\"DateGreaterThan\":{\"aws:a\":\"2026-01-01\"},"
     "\"DateLessThan\":{\"aws:a\":\"2026-02-01\"}",
     false},
    {"\"DateGreaterThan\":{\"aws:a\":\"2026-01-01\"},"
     "\"DateLessThan\":{\"aws:a\":\"2026-01-01\"}",
     true},
    {"\"DateGreaterThanEquals\":{\"aws:a\":\"2026-01-01\"},"
     "\"DateLessThanEquals\":{\"aws:a\":\"2026-01-01\"}",
     false},
    {"\"DateLessThan\":{\"aws:a\":\"2026-01-01\"}", false},
    {"\"Bool\":{\"aws:a\":true},\"BoolIfExists\":{\"aws:a\":false}", true},
};

static void contradictions_are_found_and_nothing_else(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(contradictions); i++) {
    char text[2048];
    struct policy_report r;
    unsigned asked = 0;
    struct policy_subject s = subject(&asked);

    (void)snprintf(text, sizeof text, V2012(ALLOW(FINE GET IF("%s"))),
                   contradictions[i].condition);
    assert_int_equal(policy_validate(text, strlen(text), &s, &r, NULL), 0);
    if (r.n != (contradictions[i].impossible ? 1 : 0))
      fail_msg("%s: %zu", text, r.n);
  }
}

static const char *const every_action[] = {"BatchGetSecretValue",
                                           "CancelRotateSecret",
                                           "CreateSecret",
                                           "DeleteResourcePolicy",
                                           "DeleteSecret",
                                           "DescribeSecret",
                                           "GetRandomPassword",
                                           "GetResourcePolicy",
                                           "GetSecretValue",
                                           "ListSecrets",
                                           "ListSecretVersionIds",
                                           "PutResourcePolicy",
                                           "PutSecretValue",
                                           "RemoveRegionsFromReplication",
                                           "ReplicateSecretToRegions",
                                           "RestoreSecret",
                                           "RotateSecret",
                                           "StopReplicationToReplica",
                                           "TagResource",
                                           "UntagResource",
                                           "UpdateSecret",
                                           "UpdateSecretVersionStage",
                                           "ValidateResourcePolicy"};

static void all_23_actions_are_possible(void **state)
{
  (void)state;
  assert_int_equal(COUNT(every_action), 23);
  for (size_t i = 0; i < COUNT(every_action); i++) {
    char text[512];
    struct policy_report r;
    struct policy_subject s = {.secret_arn = SECRET};

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW(FINE "\"Action\":\"secretsmanager:%s\"")),
                   every_action[i]);
    assert_int_equal(policy_validate(text, strlen(text), &s, &r, NULL), 0);
    assert_int_equal(r.n, 0);
  }
}

static const struct {
  const char *resource;
  size_t findings;
} anywhere[] = {
    {"*", 0},
    {"arn:*", 0},
    {"arn:aws:*", 0},
    {"arn:aws:secretsmanager:*", 0},
    {"arn:aws:secrets*:*:*:secret:x", 0},
    {"arn:aws:s3:::bucket", 1},
    {"arn:aws:s3:*", 1},
};

/* Before there is a secret, anything that can be one will do. */
static void resource_without_a_secret_need_only_be_one(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(anywhere); i++) {
    char text[512];
    struct policy_report r;
    struct policy_subject s = {.secret_arn = NULL};

    (void)snprintf(text, sizeof text,
                   V2012(ALLOW(TO(BOB) GET ",\"Resource\":\"%s\"")),
                   anywhere[i].resource);
    assert_int_equal(policy_validate(text, strlen(text), &s, &r, NULL), 0);
    if (r.n != anywhere[i].findings)
      fail_msg("%s", text);
  }
}

static const struct {
  const char *text, *identity, *message;
} lockouts[] = {
    {V2012(""), V2012(ALLOW(ALL)), NULL},
    {V2012(DENY(ANYONE ALL)), V2012(ALLOW(ALL)),
     "Statement 1: it would deny you " PUT_ACTION
     ", so that you could not change this policy any more."},
    {V2012(DENY("\"Principal\":\"*\",\"Action\":\"secretsmanager:Get*\","
                "\"Resource\":\"*\"")),
     V2012(ALLOW(ALL)), NULL},
    {V2012(DENY(
         ANYONE ALL IF("\"ArnNotEquals\":{\"aws:PrincipalArn\":\"" BOB "\"}"))),
     V2012(ALLOW(ALL)), NULL},
    {V2012(DENY(ANYONE ALL IF("\"ArnNotEquals\":{\"aws:PrincipalArn\":\"" ROLE
                              "\"}"))),
     V2012(ALLOW(ALL)),
     "Statement 1: it would deny you " PUT_ACTION
     ", so that you could not change this policy any more."},
    {V2012(ALLOW(TO(ROLE) ALL)), V2012(""),
     "With this policy you could not call " PUT_ACTION " any more."},
    {V2012(ALLOW(TO(BOB) ALL)), V2012(""), NULL},
};

static void caller_who_would_be_locked_out_is_told(void **state)
{
  static const struct key keys[] = {{"aws:PrincipalArn", {BOB}, false}};

  (void)state;
  for (size_t i = 0; i < COUNT(lockouts); i++) {
    struct policy *identity = parsed(lockouts[i].identity, POLICY_IDENTITY);
    const struct policy *list[] = {identity};
    struct policy_input in = {.identity = list, .n_identity = 1};
    struct scene scene = {.action = "secretsmanager:ValidateResourcePolicy",
                          .keys = {keys, 1, 0}};
    struct policy_request caller = scene_request(&scene);
    struct policy_subject s = {
        .secret_arn = SECRET, .caller = &caller, .caller_policies = &in};
    struct policy_report r;

    assert_int_equal(policy_validate(lockouts[i].text, strlen(lockouts[i].text),
                                     &s, &r, NULL),
                     0);
    assert_int_equal(r.n, lockouts[i].message != NULL);
    if (r.n > 0) {
      assert_string_equal(r.findings[0].check, POLICY_CHECK_LOCKOUT);
      assert_string_equal(r.findings[0].message, lockouts[i].message);
    }
    policy_free(identity);
  }
}

static void findings_have_a_limit(void **state)
{
  char text[4096];
  struct policy_report r;
  struct policy_subject s = {.secret_arn = SECRET};
  size_t n;

  (void)state;
  n = (size_t)snprintf(text, sizeof text,
                       "{\"Statement\":{\"Effect\":"
                       "\"Allow\"," FINE "\"Action\":["
                       "\"s3:a\"");
  for (int i = 0; i < 100; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, ",\"s3:a%d\"", i);
  (void)snprintf(text + n, sizeof text - n, "]}}");
  assert_int_equal(policy_validate(text, strlen(text), &s, &r, NULL), 0);
  assert_int_equal(r.n, POLICY_FINDINGS_MAX);
}

static const struct {
  const char *text;
  bool block;
  int rc;
  const char *said;
} admissions[] = {
    {V2012(ALLOW(TO(BOB) ALL)), true, 0, NULL},
    {V2012(ALLOW(ANYONE ALL)), false, 0, NULL},
    {V2012(ALLOW(ANYONE ALL)), true, -ERR_POLICY_PUBLIC,
     "The BlockPublicPolicy parameter is set to true, and the resource policy "
     "did not prevent broad access to the secret."},
    {"x", false, -ERR_POLICY_SYNTAX, SYNTAX},
    {V2012(ALLOW(ALL)), false, -ERR_POLICY_SYNTAX, SYNTAX},
    {"{\"Version\":\"2012-10-18\",\"Statement\":[]}", false, -ERR_POLICY_SYNTAX,
     SYNTAX},
    {V2012(ALLOW(TO("x") ALL)), false, -ERR_POLICY_SYNTAX, UNSUPPORTED},
    {V2012(ALLOW(TO(ALICE) ALL)), false, -ERR_POLICY_SYNTAX, UNSUPPORTED},
    {V2012(DENY("\"NotPrincipal\":{\"AWS\":\"" ALICE "\"}," ALL)), false,
     -ERR_POLICY_SYNTAX, UNSUPPORTED},
    {V2012(ALLOW(TO("arn:aws:iam::" HERE ":role/broken") ALL)), false, -ERR_IO,
     "the directory is not there"},
    /* Impossible, but harmless. */
    {V2012(ALLOW(TO(BOB) "\"Action\":\"s3:*\",\"Resource\":\"*\"")), true, 0,
     NULL},
};

static void put_refuses_with_aws_texts(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(admissions); i++) {
    const char *text = admissions[i].text;
    struct policy *p = NULL;
    struct err e = {0};
    unsigned asked = 0;
    struct policy_subject s = subject(&asked);
    int rc = policy_admit(text, strlen(text), &s, admissions[i].block, &p, &e);

    if (rc != admissions[i].rc || (p != NULL) != (rc == 0) ||
        (rc != 0 && strcmp(e.text, admissions[i].said) != 0))
      fail_msg("%s: %d: %s", text, rc, e.text);
    policy_free(p);
  }
}

static void unknown_directory_fails_validation(void **state)
{
  static const char text[] =
      V2012(ALLOW(TO("arn:aws:iam::" HERE ":role/broken") ALL));
  struct policy_report r;
  struct err e = {0};
  unsigned asked = 0;
  struct policy_subject s = subject(&asked);

  (void)state;
  assert_int_equal(policy_validate(text, strlen(text), &s, &r, &e), -ERR_IO);
  assert_string_equal(e.text, "the directory is not there");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_fixed_values_do_not_hold_down_is_public),
      cmocka_unit_test(first_public_statement_is_told),
      cmocka_unit_test(everything_wrong_is_found),
      cmocka_unit_test(contradictions_are_found_and_nothing_else),
      cmocka_unit_test(all_23_actions_are_possible),
      cmocka_unit_test(resource_without_a_secret_need_only_be_one),
      cmocka_unit_test(caller_who_would_be_locked_out_is_told),
      cmocka_unit_test(findings_have_a_limit),
      cmocka_unit_test(put_refuses_with_aws_texts),
      cmocka_unit_test(unknown_directory_fails_validation),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
