/* STS: who asks, and who may assume which role with what. */
#include "../iam/house.h"

#include "api/sts.h"

#define ROLE_ARN "arn:aws:iam::" ACCOUNT ":role/deploy"
#define ASSUME                                                      \
  "Version=2011-06-15&Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A" \
  "%3A" ACCOUNT "%3Arole%2Fdeploy&RoleSessionName=ci"
#define TRUST(principal, action, more)                                \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\"," \
  "\"Principal\":{\"AWS\":\"" principal "\"},\"Action\":" action more "}]}"
#define USER_ARN "arn:aws:iam::" ACCOUNT ":user/app"
#define ROOT_ARN "arn:aws:iam::" ACCOUNT ":root"
#define ALLOW(action)                                                \
  "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\"," \
  "\"Action\":\"" action "\",\"Resource\":\"*\"}}"

struct desk {
  struct house *h;
  struct api api;
  struct iam_entity user, role;
  struct http_reply reply;
  struct err e;
  bool fails; /* looking up a condition key does */
};

static int desk_setup(void **state)
{
  struct desk *d = calloc(1, sizeof *d);
  void *h;

  (void)house_setup(&h);
  d->h = h;
  d->api.store = d->h->t->s;
  d->api.keyring = d->h->keyring;
  d->api.directory = d->h->d;
  d->api.random = random_system();
  (void)snprintf(d->api.account, sizeof d->api.account, ACCOUNT);
  (void)snprintf(d->api.store_id, sizeof d->api.store_id, "%s",
                 temp_meta.store_id);
  d->user = house_add(d->h, IAM_USER, "app", NULL);
  buf_init(&d->reply.body, HTTP_REPLY_MAX, true);
  *state = d;
  return 0;
}

static int desk_teardown(void **state)
{
  struct desk *d = *state;
  void *h = d->h;

  buf_release(&d->reply.body);
  (void)house_teardown(&h);
  free(d);
  return 0;
}

static int no_key(void *ctx, const char *name, struct policy_values *out,
                  struct err *e)
{
  static const char *const address = "10.1.2.3";

  const struct desk *d = ctx;

  if (d->fails && strcmp(name, "aws:SourceIp") == 0)
    return err_set(e, ERR_LIMIT, "told to fail");
  if (strcmp(name, "aws:SourceIp") != 0)
    return 0;
  *out = (struct policy_values){&address, 1};
  return 1;
}

/* Asks as that principal; the answer or the error is in d->reply. */
static int ask_as(struct desk *d, const struct principal *who, const char *body)
{
  struct form in;
  struct sts_call c = {.api = &d->api,
                       .who = who,
                       .find_key = no_key,
                       .find_ctx = d,
                       .now_us = d->h->now_us,
                       .e = &d->e,
                       .out = &d->reply.body,
                       .request_id = "id-1"};
  int rc;

  d->e = (struct err){0};
  d->reply.error_type[0] = 'x';
  (void)snprintf(d->reply.request_id, sizeof d->reply.request_id, "id-1");
  buf_clear(&d->reply.body);
  rc = form_read(body, strlen(body), &in, &d->e);
  if (rc == 0)
    rc = sts_handle(&c, &in);
  form_release(&in);
  if (rc != 0)
    sts_reply_error(&d->reply, &d->e);
  return rc;
}

/* As "user/app", "root" …, as they are now. */
static int ask(struct desk *d, const char *who, const char *body)
{
  const struct principal *p;
  int rc;

  OK(directory_find_named(d->h->d, who, &p, e_));
  rc = ask_as(d, p, body);
  principal_put(p);
  return rc;
}

static void role(struct desk *d, const char *trust)
{
  d->role = house_add(d->h, IAM_ROLE, "deploy", trust);
  OK(store_iam_update(d->h->t->s, d->role.id, NULL, NULL, 7200, NOW, e_));
  OK(store_iam_inline_put(d->h->t->s, &d->role, "all", ALLOW("*"), 2048, e_));
  directory_changed(d->h->d);
}

static void grant(struct desk *d, const char *document)
{
  OK(store_iam_inline_put(d->h->t->s, &d->user, "p", document, 2048, e_));
  directory_changed(d->h->d);
}

#define HAS(d, part)                                         \
  do {                                                       \
    if (strstr((d)->reply.body.data, part) == NULL)          \
      fail_msg("no '%s' in %s", part, (d)->reply.body.data); \
  } while (0)
#define GRANTED(d, who, body)                         \
  do {                                                \
    if (ask(d, who, body) != 0)                       \
      fail_msg("line %d: %s", __LINE__, (d)->e.text); \
  } while (0)
#define REFUSED(d, want_status, code, part, who, body) \
  do {                                                 \
    assert_int_not_equal(ask(d, who, body), 0);        \
    HAS(d, "<Code>" code "</Code>");                   \
    HAS(d, part);                                      \
    assert_int_equal((d)->reply.status, want_status);  \
  } while (0)

/* The text between <tag> and </tag>. */
static char *field(struct desk *d, const char *tag)
{
  char open[40], *at, *end;

  (void)snprintf(open, sizeof open, "<%s>", tag);
  at = strstr(d->reply.body.data, open);
  assert_non_null(at);
  at += strlen(open);
  end = strchr(at, '<');
  return strndup(at, (size_t)(end - at));
}

static void everybody_may_ask_who_he_is(void **state)
{
  struct desk *d = *state;
  char body[] = "Action=GetCallerIdentity&Version=2011-06-15", want[600];

  GRANTED(d, "user/app", body);
  (void)snprintf(
      want, sizeof want,
      "<GetCallerIdentityResponse "
      "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
      "<GetCallerIdentityResult><Arn>" USER_ARN "</Arn><UserId>%s</UserId>"
      "<Account>" ACCOUNT "</Account></GetCallerIdentityResult>"
      "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
      "</GetCallerIdentityResponse>\n",
      d->user.entity_id);
  assert_string_equal(d->reply.body.data, want);
  GRANTED(d, "root", body);
  HAS(d, "<Arn>" ROOT_ARN "</Arn><UserId>" ACCOUNT "</UserId>");
}

static void unknown_actions_are_named(void **state)
{
  struct desk *d = *state;

  REFUSED(d, 400, "InvalidAction",
          "Could not find operation GetFoo&lt; for version 2011-06-15",
          "user/app", "Action=GetFoo%3C&Version=2011-06-15");
  HAS(d, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
         "<Error><Type>Sender</Type>");
  HAS(d, "<RequestId>id-1</RequestId>");
  assert_string_equal(d->reply.error_type, "");
  REFUSED(d, 400, "InvalidAction", "NO_VERSION_SPECIFIED", "user/app",
          "Action=GetCallerIdentity");
  REFUSED(d, 400, "InvalidAction", "NO_ACTION_SPECIFIED", "user/app",
          "Version=2011-06-15");
}

static void faults_of_ours_say_nothing_but_their_id(void **state)
{
  struct desk *d = *state;
  struct err e = {0};

  (void)err_set(&e, ERR_IO, "the disk of ours");
  sts_reply_error(&d->reply, &e);
  assert_int_equal(d->reply.status, 500);
  HAS(d, "<Type>Receiver</Type><Code>InternalFailure</Code>");
  assert_null(strstr(d->reply.body.data, "disk"));
}

static void a_user_whom_the_role_names_gets_a_session(void **state)
{
  struct desk *d = *state;
  CLEANUP_SECRET struct secret key = {0};
  CLEANUP_FREE char *id = NULL, *secret = NULL, *token = NULL;
  const struct principal *who;

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"", ""));
  GRANTED(d, "user/app", ASSUME);
  HAS(d, "<Arn>arn:aws:sts::" ACCOUNT ":assumed-role/deploy/ci</Arn>");
  HAS(d, "<Expiration>2026-09-21T15:13:20Z</Expiration>");
  assert_null(strstr(d->reply.body.data, "PackedPolicySize"));
  id = field(d, "AccessKeyId");
  secret = field(d, "SecretAccessKey");
  token = field(d, "SessionToken");
  assert_memory_equal(id, "ASIA", 4);
  OK(directory_find(d->h->d, id, token, &key, &who, e_));
  assert_string_equal((const char *)key.data, secret);
  assert_int_equal(who->expires_us - NOW, 3600 * SEC);
  GRANTED(d, "user/app", ASSUME "&DurationSeconds=7200");
  /* A session may ask who it is; and is bounded when it assumes another. */
  assert_int_equal(
      ask_as(d, who, "Action=GetCallerIdentity&Version=2011-06-15"), 0);
  HAS(d, "assumed-role/deploy/ci</Arn><UserId>AROA");
  assert_int_not_equal(ask_as(d, who, ASSUME "&DurationSeconds=7200"), 0);
  principal_put(who);
}

static void trust_in_the_account_needs_the_users_policy_too(void **state)
{
  struct desk *d = *state;

  role(d, TRUST(ROOT_ARN, "\"sts:AssumeRole\"", ""));
  REFUSED(d, 403, "AccessDenied",
          "User: " USER_ARN " is not authorized to perform: sts:AssumeRole on "
          "resource: " ROLE_ARN,
          "user/app", ASSUME);
  grant(d, ALLOW("sts:AssumeRole"));
  GRANTED(d, "user/app", ASSUME);
}

static void his_own_policy_alone_opens_no_role(void **state)
{
  struct desk *d = *state;

  role(d,
       TRUST("arn:aws:iam::" ACCOUNT ":user/other", "\"sts:AssumeRole\"", ""));
  grant(d, ALLOW("*"));
  REFUSED(d, 403, "AccessDenied", "sts:AssumeRole", "user/app", ASSUME);
}

static void a_role_that_is_not_there_looks_like_a_closed_one(void **state)
{
  struct desk *d = *state;

  grant(d, ALLOW("*"));
  REFUSED(d, 403, "AccessDenied", "on resource: " ROLE_ARN, "user/app", ASSUME);
  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"", ""));
  REFUSED(d, 403, "AccessDenied", "", "user/app",
          "Version=2011-06-15&Action=AssumeRole&RoleSessionName=ci&"
          "RoleArn=arn:aws:iam::999999999999:role/deploy");
}

static void root_assumes_nothing(void **state)
{
  struct desk *d = *state;

  role(d, TRUST(ROOT_ARN, "\"sts:AssumeRole\"", ""));
  REFUSED(d, 403, "AccessDenied", "Roles may not be assumed by root accounts.",
          "root", ASSUME);
}

static void conditions_of_the_trust_policy_hold(void **state)
{
  struct desk *d = *state;

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"",
                ",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"x1\","
                "\"sts:RoleSessionName\":\"ci\"},\"IpAddress\":"
                "{\"aws:SourceIp\":\"10.0.0.0/8\"}}"));
  REFUSED(d, 403, "AccessDenied", "", "user/app", ASSUME);
  REFUSED(d, 403, "AccessDenied", "", "user/app", ASSUME "&ExternalId=x2");
  GRANTED(d, "user/app", ASSUME "&ExternalId=x1");
}

static void tags_of_the_role_can_be_asked_for(void **state)
{
  struct desk *d = *state;
  struct tag tag = {"open", "yes"};

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"",
                ",\"Condition\":{\"StringEquals\":{\"aws:ResourceTag/open\":"
                "\"yes\"}}"));
  REFUSED(d, 403, "AccessDenied", "", "user/app", ASSUME);
  OK(store_iam_tag_put(d->h->t->s, d->role.id, &tag, 1, e_));
  GRANTED(d, "user/app", ASSUME);
}

/* A number that is none: neither compared nor let through. */
static void what_cannot_be_evaluated_is_denied(void **state)
{
  struct desk *d = *state;

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"",
                ",\"Condition\":{\"NumericLessThan\":{\"sts:ExternalId\":"
                "\"5\"}}"));
  REFUSED(d, 403, "AccessDenied", "", "user/app", ASSUME "&ExternalId=abc");
  OK(store_iam_update(d->h->t->s, d->role.id,
                      TRUST(USER_ARN, "\"sts:AssumeRole\"",
                            ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":"
                            "\"10.0.0.0/8\"}}"),
                      NULL, 0, NOW, e_));
  GRANTED(d, "user/app", ASSUME);
  d->fails = true;
  REFUSED(d, 403, "AccessDenied", "", "user/app", ASSUME);
}

static void tags_and_source_identity_need_their_own_right(void **state)
{
  struct desk *d = *state;
  const char *tagged = ASSUME "&Tags.member.1.Key=team&"
                              "Tags.member.1.Value=web",
             *named = ASSUME "&SourceIdentity=anna";
  CLEANUP_FREE char *id = NULL, *token = NULL;
  CLEANUP_SECRET struct secret key = {0};
  const struct principal *who;

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"", ""));
  REFUSED(d, 403, "AccessDenied", "sts:TagSession", "user/app", tagged);
  REFUSED(d, 403, "AccessDenied", "sts:SetSourceIdentity", "user/app", named);
  OK(store_iam_update(d->h->t->s, d->role.id,
                      TRUST(USER_ARN, "\"sts:*\"",
                            ",\"Condition\":{\"StringEqualsIfExists\":{"
                            "\"aws:RequestTag/team\":\"web\"}}"),
                      NULL, 0, NOW, e_));
  GRANTED(d, "user/app", tagged);
  HAS(d, "<PackedPolicySize>");
  REFUSED(d, 403, "AccessDenied", "", "user/app",
          ASSUME "&Tags.member.1.Key=team&Tags.member.1.Value=db");
  GRANTED(d, "user/app", named);
  HAS(d, "<SourceIdentity>anna</SourceIdentity>");
  id = field(d, "AccessKeyId");
  token = field(d, "SessionToken");
  OK(directory_find(d->h->d, id, token, &key, &who, e_));
  assert_string_equal(who->source_identity, "anna");
  assert_int_not_equal(ask_as(d, who, ASSUME "&SourceIdentity=bert"), 0);
  HAS(d, "sts:SetSourceIdentity");
  principal_put(who);
}

static void a_source_identity_goes_on_from_session_to_session(void **state)
{
  struct desk *d = *state;
  CLEANUP_FREE char *id = NULL, *token = NULL;
  CLEANUP_SECRET struct secret key = {0};
  const struct principal *who;

  role(d, TRUST("*", "\"sts:*\"", ""));
  GRANTED(d, "user/app", ASSUME "&SourceIdentity=anna");
  id = field(d, "AccessKeyId");
  token = field(d, "SessionToken");
  OK(directory_find(d->h->d, id, token, &key, &who, e_));
  assert_int_equal(ask_as(d, who, ASSUME), 0);
  HAS(d, "<SourceIdentity>anna</SourceIdentity>");
  OK(store_iam_update(d->h->t->s, d->role.id,
                      TRUST("*", "\"sts:AssumeRole\"", ""), NULL, 0, NOW, e_));
  assert_int_not_equal(ask_as(d, who, ASSUME), 0);
  HAS(d, "sts:SetSourceIdentity");
  principal_put(who);
}

static void a_session_policy_is_tried_before_it_is_handed_out(void **state)
{
  struct desk *d = *state;

  role(d, TRUST(USER_ARN, "\"sts:AssumeRole\"", ""));
  (void)house_add(d->h, IAM_POLICY, "old",
                  "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\","
                  "\"Resource\":\"*\"}}");
  REFUSED(d, 400, "MalformedPolicyDocument", "", "user/app",
          ASSUME "&Policy=%7B%7D");
  REFUSED(d, 404, "NoSuchEntity", "policy/none was not found", "user/app",
          ASSUME "&PolicyArns.member.1.arn=arn:aws:iam::" ACCOUNT
                 ":policy/none");
  REFUSED(d, 400, "ValidationError", "same Version", "user/app",
          ASSUME "&PolicyArns.member.1.arn=arn:aws:iam::" ACCOUNT
                 ":policy/old&Policy=%7B%22Version%22:%222012-10-17%22,"
                 "%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Action%22:"
                 "%22a:b%22,%22Resource%22:%22*%22%7D%7D");
  GRANTED(d, "user/app",
          ASSUME "&PolicyArns.member.1.arn=arn:aws:iam::" ACCOUNT
                 ":policy/old");
  HAS(d, "<PackedPolicySize>");
}

static void parameters_have_awss_limits(void **state)
{
  static const struct {
    const char *body, *part;
  } bad[] = {
      {"&DurationSeconds=899", "greater than or equal to 900"},
      {"&DurationSeconds=43201", "less than or equal to 43200"},
      {"&DurationSeconds=1e3", "be a number"},
      {"&DurationSeconds=7201", "exceeds the MaxSessionDuration set for this"},
      {"&ExternalId=a", "'a' at 'externalId' failed to satisfy constraint"},
      {"&SourceIdentity=a%20b", "regular expression pattern"},
      {"&Policy=", "at 'policy' failed"},
      {"&Tags.member.1.Key=a", "Value null at 'tags.value'"},
      {"&Tags.member.1.Key=aws:a&Tags.member.1.Value=", "not begin with aws:"},
      {"&Tags.member.1.Key=a&Tags.member.1.Value=&Tags.member.2.Key=A&"
       "Tags.member.2.Value=",
       "Duplicate tag keys"},
      {"&TokenCode=123456", "no multi-factor"},
      {"&TransitiveTagKeys.member.1=a", "not handed on"},
  };
  struct desk *d = *state;
  char body[512];

  role(d, TRUST(USER_ARN, "[\"sts:AssumeRole\",\"sts:TagSession\"]", ""));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    (void)snprintf(body, sizeof body, "%s%s", ASSUME, bad[i].body);
    REFUSED(d, 400, "ValidationError", bad[i].part, "user/app", body);
  }
  REFUSED(d, 400, "ValidationError",
          "Value null at 'roleArn' failed to satisfy constraint: Member must "
          "not be null",
          "user/app", "Version=2011-06-15&Action=AssumeRole");
  REFUSED(d, 400, "ValidationError", "'x' at 'roleSessionName'", "user/app",
          "Version=2011-06-15&Action=AssumeRole&RoleSessionName=x&"
          "RoleArn=" ROLE_ARN);
}

#define DESK(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      DESK(everybody_may_ask_who_he_is),
      DESK(unknown_actions_are_named),
      DESK(faults_of_ours_say_nothing_but_their_id),
      DESK(a_user_whom_the_role_names_gets_a_session),
      DESK(trust_in_the_account_needs_the_users_policy_too),
      DESK(his_own_policy_alone_opens_no_role),
      DESK(a_role_that_is_not_there_looks_like_a_closed_one),
      DESK(root_assumes_nothing),
      DESK(conditions_of_the_trust_policy_hold),
      DESK(tags_of_the_role_can_be_asked_for),
      DESK(what_cannot_be_evaluated_is_denied),
      DESK(tags_and_source_identity_need_their_own_right),
      DESK(a_source_identity_goes_on_from_session_to_session),
      DESK(a_session_policy_is_tried_before_it_is_handed_out),
      DESK(parameters_have_awss_limits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
