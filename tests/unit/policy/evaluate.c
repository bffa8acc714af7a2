/* Who may what: policies of all kinds together, by table. */
#include "fixture.h"

#define NAMES(who) "\"Principal\":{\"AWS\":\"" who "\"},"
#define ANYONE     "\"Principal\":\"*\","
#define SPARES(w)  "\"NotPrincipal\":{\"AWS\":[" w "]},"
#define ROOT       "arn:aws:iam::" HERE ":root"
#define Q(text)    "\"" text "\""

#define MAY     V2012(ALLOW(ALL))
#define MAY_NOT V2012(DENY(ALL))
#define OTHER   V2012(ALLOW("\"Action\":\"s3:*\",\"Resource\":\"*\""))
/* Of the secret. */
#define LETS(who)  V2012(ALLOW(who ALL))
#define STOPS(who) V2012(DENY(who ALL))

#define USER      .arns = {BOB}
#define SESSION   .arns = {WORK, ROLE}
#define FROM_ROOT .arns = {ROOT}, .root = true
#define ELSEWHERE .owner = THERE

static const struct {
  const char *name;
  struct scene scene;
  enum policy_effect effect;
  enum policy_kind kind;
} rows[] = {
    {"nothing allows", {USER}, POLICY_NOT_ALLOWED, POLICY_IDENTITY},
    {"identity allows",
     {USER, .identity = {MAY}},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"second identity policy allows",
     {USER, .identity = {OTHER, MAY}},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"deny beats allow",
     {USER, .identity = {MAY, MAY_NOT}},
     POLICY_DENIED,
     POLICY_IDENTITY},
    {"resource's deny beats identity",
     {USER, .identity = {MAY}, .resource = STOPS(ANYONE)},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"resource's deny of the account beats identity",
     {USER, .identity = {MAY}, .resource = STOPS(NAMES(HERE))},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"boundary's deny beats a direct allow",
     {USER, .resource = LETS(NAMES(BOB)), .boundary = MAY_NOT},
     POLICY_DENIED,
     POLICY_BOUNDARY},
    {"session's deny beats a direct allow",
     {SESSION, .resource = LETS(NAMES(WORK)), .session = MAY_NOT},
     POLICY_DENIED,
     POLICY_SESSION},
    {"identity's deny beats a direct allow",
     {USER, .identity = {MAY_NOT}, .resource = LETS(NAMES(BOB))},
     POLICY_DENIED,
     POLICY_IDENTITY},

    {"resource names the user",
     {USER, .resource = LETS(NAMES(BOB))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"resource names another",
     {USER, .resource = LETS(NAMES(ALICE))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"resource names everyone",
     {USER, .resource = LETS(ANYONE)},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"resource names everyone in AWS",
     {USER, .resource = LETS(NAMES("*"))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"account alone is not enough",
     {USER, .resource = LETS(NAMES(HERE))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"account's root alone is not enough",
     {USER, .resource = LETS(NAMES(ROOT))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"account and identity",
     {USER, .identity = {MAY}, .resource = LETS(NAMES(HERE))},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"services do not ask",
     {USER, .resource = LETS("\"Principal\":{\"Service\":"
                             "\"lambda.amazonaws.com\"},")},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"one of several principals",
     {USER, .resource = LETS("\"Principal\":{\"Service\":["
                             "\"lambda.amazonaws.com\"],\"AWS\":[\"" ALICE
                             "\",\"" BOB "\"]},")},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"users' names have case",
     {USER, .resource = LETS(NAMES("arn:aws:iam::" HERE ":user/Bob"))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"nobody is named",
     {USER, .resource = LETS("\"Principal\":{},")},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},

    {"boundary and identity",
     {USER, .identity = {MAY}, .boundary = MAY},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"boundary does not allow",
     {USER, .identity = {MAY}, .boundary = OTHER},
     POLICY_NOT_ALLOWED,
     POLICY_BOUNDARY},
    {"boundary gives nothing",
     {USER, .boundary = MAY},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"empty boundary allows nothing",
     {USER, .identity = {MAY}, .boundary = V2012("")},
     POLICY_NOT_ALLOWED,
     POLICY_BOUNDARY},
    {"boundary does not limit a user who is named",
     {USER, .resource = LETS(NAMES(BOB)), .boundary = OTHER},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"boundary does not limit what everyone has",
     {USER, .resource = LETS(ANYONE), .boundary = OTHER},
     POLICY_ALLOWED,
     POLICY_RESOURCE},

    {"role's policies are the session's",
     {SESSION, .identity = {MAY}},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"session policy limits identity",
     {SESSION, .identity = {MAY}, .session = OTHER},
     POLICY_NOT_ALLOWED,
     POLICY_SESSION},
    {"session policy gives nothing",
     {SESSION, .session = MAY},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"all three",
     {SESSION, .identity = {MAY}, .boundary = MAY, .session = MAY},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"session is named",
     {SESSION, .resource = LETS(NAMES(WORK)), .boundary = OTHER,
      .session = OTHER},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"another session is named",
     {SESSION,
      .resource = LETS(NAMES("arn:aws:sts::" HERE ":assumed-role/app/play"))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"role is named",
     {SESSION, .resource = LETS(NAMES(ROLE))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"role is named, boundary limits",
     {SESSION, .resource = LETS(NAMES(ROLE)), .boundary = OTHER},
     POLICY_NOT_ALLOWED,
     POLICY_BOUNDARY},
    {"role is named, session policy limits",
     {SESSION, .resource = LETS(NAMES(ROLE)), .session = OTHER},
     POLICY_NOT_ALLOWED,
     POLICY_SESSION},
    {"role is named, both allow",
     {SESSION, .resource = LETS(NAMES(ROLE)), .boundary = MAY, .session = MAY},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"role and session are named",
     {SESSION,
      .resource = V2012(ALLOW(NAMES(ROLE) ALL) "," ALLOW(NAMES(WORK) ALL)),
      .session = OTHER},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"session of everyone",
     {SESSION, .resource = LETS(ANYONE), .session = OTHER},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"deny of the role denies its session",
     {SESSION, .identity = {MAY}, .resource = STOPS(NAMES(ROLE))},
     POLICY_DENIED,
     POLICY_RESOURCE},

    {"all but alice may, and bob is not limited less than others",
     {USER, .resource = LETS(SPARES(Q(ALICE)))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"all but alice may, within boundaries",
     {USER, .resource = LETS(SPARES(Q(ALICE))), .boundary = OTHER},
     POLICY_NOT_ALLOWED,
     POLICY_BOUNDARY},
    {"all but bob may",
     {USER, .resource = LETS(SPARES(Q(BOB)))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"all but the account may",
     {USER, .resource = LETS(SPARES(Q(HERE)))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"all but the role may",
     {SESSION, .resource = LETS(SPARES(Q(ROLE)))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"all but bob are denied",
     {USER, .identity = {MAY}, .resource = STOPS(SPARES(Q(BOB) "," Q(ROOT)))},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"all but alice are denied",
     {USER, .identity = {MAY}, .resource = STOPS(SPARES(Q(ALICE) "," Q(ROOT)))},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"all but bob are denied, and he has a boundary",
     {USER, .identity = {MAY}, .boundary = MAY,
      .resource = STOPS(SPARES(Q(BOB) "," Q(ROOT)))},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"all but the role are denied, its session too",
     {SESSION, .identity = {MAY}, .resource = STOPS(SPARES(Q(ROLE)))},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"all but the session are denied",
     {SESSION, .identity = {MAY},
      .resource = STOPS(SPARES(Q(WORK) "," Q(ROLE) "," Q(HERE)))},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"nobody is spared",
     {USER, .identity = {MAY}, .resource = STOPS("\"NotPrincipal\":{},")},
     POLICY_DENIED,
     POLICY_RESOURCE},

    {"elsewhere: identity alone",
     {USER, ELSEWHERE, .identity = {MAY}},
     POLICY_NOT_ALLOWED,
     POLICY_RESOURCE},
    {"elsewhere: resource alone",
     {USER, ELSEWHERE, .resource = LETS(NAMES(BOB))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"elsewhere: everyone alone",
     {USER, ELSEWHERE, .resource = LETS(ANYONE)},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"elsewhere: both",
     {USER, ELSEWHERE, .identity = {MAY}, .resource = LETS(NAMES(BOB))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"elsewhere: account and identity",
     {USER, ELSEWHERE, .identity = {MAY}, .resource = LETS(NAMES(HERE))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},
    {"elsewhere: the owner's account is not his",
     {USER, ELSEWHERE, .identity = {MAY}, .resource = LETS(NAMES(THERE))},
     POLICY_NOT_ALLOWED,
     POLICY_RESOURCE},
    {"elsewhere: boundary limits even one who is named",
     {USER, ELSEWHERE, .identity = {MAY}, .boundary = OTHER,
      .resource = LETS(NAMES(BOB))},
     POLICY_NOT_ALLOWED,
     POLICY_BOUNDARY},
    {"elsewhere: session policy limits",
     {SESSION, ELSEWHERE, .identity = {MAY}, .session = OTHER,
      .resource = LETS(NAMES(WORK))},
     POLICY_NOT_ALLOWED,
     POLICY_SESSION},
    {"elsewhere: deny",
     {USER, ELSEWHERE, .identity = {MAY},
      .resource = V2012(ALLOW(NAMES(HERE) ALL) "," DENY(NAMES(BOB) ALL))},
     POLICY_DENIED,
     POLICY_RESOURCE},

    {"root may", {FROM_ROOT}, POLICY_ALLOWED, POLICY_IDENTITY},
    {"root is bounded by nothing",
     {FROM_ROOT, .boundary = OTHER, .session = OTHER},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"root is denied",
     {FROM_ROOT, .resource = STOPS(ANYONE)},
     POLICY_DENIED,
     POLICY_RESOURCE},
    {"root is spared by its account",
     {FROM_ROOT, .resource = STOPS(SPARES(Q(HERE)))},
     POLICY_ALLOWED,
     POLICY_IDENTITY},
    {"root elsewhere",
     {FROM_ROOT, ELSEWHERE},
     POLICY_NOT_ALLOWED,
     POLICY_RESOURCE},
    {"root elsewhere, let in",
     {FROM_ROOT, ELSEWHERE, .resource = LETS(NAMES(HERE))},
     POLICY_ALLOWED,
     POLICY_RESOURCE},

    {"trust is not identity's to give",
     {USER, .identity = {MAY}, .trust = V2012("")},
     POLICY_NOT_ALLOWED,
     POLICY_TRUST},
    {"trust in the user",
     {USER, .trust = V2012(ALLOW(NAMES(BOB) "\"Action\":\"*\""))},
     POLICY_ALLOWED,
     POLICY_TRUST},
    {"trust in the account needs identity",
     {USER, .trust = V2012(ALLOW(NAMES(HERE) "\"Action\":\"*\""))},
     POLICY_NOT_ALLOWED,
     POLICY_IDENTITY},
    {"trust in the account, and identity",
     {USER, .identity = {MAY},
      .trust = V2012(ALLOW(NAMES(HERE) "\"Action\":\"*\""))},
     POLICY_ALLOWED,
     POLICY_TRUST},
    {"trust must allow even root",
     {FROM_ROOT, .trust = V2012(ALLOW(NAMES(BOB) "\"Action\":\"*\""))},
     POLICY_NOT_ALLOWED,
     POLICY_TRUST},
    {"trust in the account is trust in root",
     {FROM_ROOT, .trust = V2012(ALLOW(NAMES(HERE) "\"Action\":\"*\""))},
     POLICY_ALLOWED,
     POLICY_TRUST},
};

static void policies_decide_together_as_aws_says(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct scene s = rows[i].scene;
    struct policy_decision d = scene_decide(&s);

    if (s.rc != 0 || d.effect != rows[i].effect || d.kind != rows[i].kind)
      fail_msg("%s: %d: effect %d of kind %d", rows[i].name, s.rc, d.effect,
               d.kind);
  }
}

static void decision_names_policy_statement_and_sid(void **state)
{
  struct policy *first = parsed(OTHER, POLICY_IDENTITY), *second, *resource;
  const struct policy *identity[2] = {first};
  struct scene s = {USER};
  struct policy_request r = scene_request(&s);
  struct policy_input in = {identity, 2, NULL, NULL, NULL};
  struct policy_decision d;

  (void)state;
  second =
      parsed(V2012(ALLOW("\"Action\":\"s3:*\",\"Resource\":\"*\"") "," ALLOW(
                 "\"Sid\":\"Read\"," ALL)),
             POLICY_IDENTITY);
  resource = parsed(V2012(ALLOW(NAMES(ALICE) ALL) "," DENY(
                        "\"Sid\":\"not bob\"," NAMES(BOB) ALL)),
                    POLICY_RESOURCE);
  identity[1] = second;
  assert_int_equal(policy_evaluate(&r, &in, &d, NULL), 0);
  assert_int_equal(d.effect, POLICY_ALLOWED);
  assert_int_equal(d.kind, POLICY_IDENTITY);
  assert_int_equal(d.policy, 1);
  assert_int_equal(d.statement, 1);
  assert_string_equal(d.sid, "Read");
  in.resource = resource;
  assert_int_equal(policy_evaluate(&r, &in, &d, NULL), 0);
  assert_int_equal(d.effect, POLICY_DENIED);
  assert_int_equal(d.kind, POLICY_RESOURCE);
  assert_int_equal(d.statement, 1);
  assert_string_equal(d.sid, "not bob");
  in = (struct policy_input){NULL, 0, NULL, NULL, NULL};
  assert_int_equal(policy_evaluate(&r, &in, &d, NULL), 0);
  assert_int_equal(d.effect, POLICY_NOT_ALLOWED);
  assert_int_equal(d.statement, -1);
  assert_null(d.sid);
  policy_free(first);
  policy_free(second);
  policy_free(resource);
}

static const struct {
  const char *statement, *action;
  bool applies;
} actions[] = {
    {"\"Action\":\"secretsmanager:GetSecretValue\"", READ, true},
    {"\"Action\":\"SecretsManager:getsecretvalue\"", READ, true},
    {"\"Action\":\"secretsmanager:Get*\"", READ, true},
    {"\"Action\":\"secretsmanager:*\"", READ, true},
    {"\"Action\":\"secretsmanager:Get?ecretValue\"", READ, true},
    {"\"Action\":\"aZ:AZaz\"", "Az:azAZ", true},
    {"\"Action\":\"secretsmanager:Get\"", READ, false},
    {"\"Action\":\"secretsmanager:*Policy\"", READ, false},
    {"\"Action\":\"s3:*\"", READ, false},
    {"\"Action\":[\"s3:*\",\"*\"]", READ, true},
    {"\"Action\":[]", READ, false},
    {"\"NotAction\":\"secretsmanager:Get*\"", READ, false},
    {"\"NotAction\":\"secretsmanager:Put*\"", READ, true},
    {"\"NotAction\":[\"secretsmanager:Put*\",\"secretsmanager:Get*\"]", READ,
     false},
    {"\"NotAction\":[]", READ, true},
};

static void actions_are_compared_without_case(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(actions); i++) {
    char text[512];
    struct scene s = {.identity = {text}, .action = actions[i].action};

    (void)snprintf(text, sizeof text, V2012(ALLOW("%s,\"Resource\":\"*\"")),
                   actions[i].statement);
    if (scene_decide(&s).effect !=
        (actions[i].applies ? POLICY_ALLOWED : POLICY_NOT_ALLOWED))
      fail_msg("%s", actions[i].statement);
  }
}

#define ARN(region, account, name) \
  "\"arn:aws:secretsmanager:" region ":" account ":" name "\""

static const struct {
  const char *statement, *resource;
  bool applies;
} resources[] = {
    {"\"Resource\":\"*\"", SECRET, true},
    {"\"Resource\":\"*\"", "*", true},
    {"\"Resource\":\"" SECRET "\"", SECRET, true},
    {"\"Resource\":\"" SECRET "\"", "*", false},
    {"\"Resource\":\"arn:aws:secretsmanager:*\"", SECRET, true},
    {"\"Resource\":\"arn:aws:secretsmanager:eu-west-1:*\"", SECRET, true},
    {"\"Resource\":\"arn:aws:secretsmanager:eu-west-2:*\"", SECRET, false},
    {"\"Resource\":\"arn:*\"", SECRET, true},
    {"\"Resource\":\"arn:aws:s3:*\"", SECRET, false},
    {"\"Resource\":" ARN("*", "*", "*"), SECRET, true},
    {"\"Resource\":" ARN("*", HERE, "secret:app/*"), SECRET, true},
    {"\"Resource\":" ARN("*", HERE, "secret:App/*"), SECRET, false},
    {"\"Resource\":" ARN("*", HERE, "secret:app/db-abcdef"), SECRET, false},
    {"\"Resource\":" ARN("eu-west-1", HERE, "secret:x"),
     "arn:aws:secretsmanager:EU-WEST-1:" HERE ":secret:x", false},
    {"\"Resource\":\"arn:aws:secretsmanager:eu*\"",
     "arn:aws:secretsmanager:EU-WEST-1:" HERE ":secret:x", false},
    {"\"Resource\":" ARN("eu-west-?", HERE, "secret:app/db-??????"), SECRET,
     true},
    {"\"Resource\":" ARN("eu-west-?", HERE, "secret:app/db-?????"), SECRET,
     false},
    {"\"Resource\":" ARN("*", THERE, "secret:*"), SECRET, false},
    {"\"Resource\":" ARN("*", "app/db-AbCdEf", "*"), SECRET, false},
    /* No segment but the last takes a colon. */
    {"\"Resource\":" ARN("*", HERE, "secret:x"),
     "arn:aws:secretsmanager:eu:1:" HERE ":secret:x", false},
    {"\"Resource\":" ARN("eu-west-1", HERE, "*"), SECRET, true},
    {"\"Resource\":" ARN("eu-west-1", HERE, "*/db-AbCdEf"), SECRET, true},
    {"\"Resource\":[" ARN("x", HERE, "*") "," ARN("eu*", HERE, "*") "]", SECRET,
     true},
    {"\"Resource\":[]", SECRET, false},
    {"\"NotResource\":\"" SECRET "\"", SECRET, false},
    {"\"NotResource\":\"" SECRET "\"", "*", true},
    {"\"NotResource\":" ARN("*", HERE, "secret:web/*"), SECRET, true},
    {"\"NotResource\":" ARN("*", HERE, "secret:*"), SECRET, false},
    {"\"NotResource\":[]", SECRET, true},
};

static void resources_are_compared_segment_by_segment(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(resources); i++) {
    char text[512];
    struct scene s = {.identity = {text}, .secret = resources[i].resource};

    (void)snprintf(text, sizeof text, V2012(ALLOW("\"Action\":\"*\",%s")),
                   resources[i].statement);
    if (scene_decide(&s).effect !=
        (resources[i].applies ? POLICY_ALLOWED : POLICY_NOT_ALLOWED))
      fail_msg("%s", resources[i].statement);
  }
}

/* Conditions are not looked at where action or principal say no. */
static void keys_are_looked_up_only_when_needed(void **state)
{
  struct scene s = {
      .identity = {V2012(ALLOW(ALL) "," DENY(
          "\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":"
          "{\"Null\":{\"aws:a\":true}}"))},
      .resource = V2012(DENY(NAMES(ALICE) ALL ",\"Condition\":"
                                              "{\"Null\":{\"aws:a\":true}}"))};

  (void)state;
  assert_int_equal(scene_decide(&s).effect, POLICY_ALLOWED);
  assert_int_equal(s.keys.asked, 0);
}

static const struct {
  struct policy_decision decision;
  const char *text;
} reasons[] = {
    {{.effect = POLICY_ALLOWED}, ""},
    {{.effect = POLICY_NOT_ALLOWED, .kind = POLICY_IDENTITY},
     "because no identity-based policy allows the " READ " action"},
    {{.effect = POLICY_NOT_ALLOWED, .kind = POLICY_RESOURCE},
     "because no resource-based policy allows the " READ " action"},
    {{.effect = POLICY_NOT_ALLOWED, .kind = POLICY_BOUNDARY},
     "because no permissions boundary allows the " READ " action"},
    {{.effect = POLICY_NOT_ALLOWED, .kind = POLICY_SESSION},
     "because no session policy allows the " READ " action"},
    {{.effect = POLICY_DENIED, .kind = POLICY_IDENTITY},
     "with an explicit deny in an identity-based policy"},
    {{.effect = POLICY_DENIED, .kind = POLICY_RESOURCE},
     "with an explicit deny in a resource-based policy"},
    {{.effect = POLICY_DENIED, .kind = POLICY_BOUNDARY},
     "with an explicit deny in a permissions boundary"},
    {{.effect = POLICY_DENIED, .kind = POLICY_SESSION},
     "with an explicit deny in a session policy"},
    {{.effect = POLICY_DENIED, .kind = POLICY_TRUST},
     "with an explicit deny in the role trust policy"},
};

static void reason_is_told_in_aws_words(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT(reasons); i++) {
    char text[POLICY_REASON_MAX];

    policy_reason(&reasons[i].decision, READ, text);
    assert_string_equal(text, reasons[i].text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(policies_decide_together_as_aws_says),
      cmocka_unit_test(decision_names_policy_statement_and_sid),
      cmocka_unit_test(actions_are_compared_without_case),
      cmocka_unit_test(resources_are_compared_segment_by_segment),
      cmocka_unit_test(keys_are_looked_up_only_when_needed),
      cmocka_unit_test(reason_is_told_in_aws_words),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
