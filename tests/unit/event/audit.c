/* Writing the trail: what a line holds, how it goes on after an end, a crash,
 * a cut, and a disk without room. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "fixture.h"

#define LIMITS (&(const struct json_limits){1 << 20, 16, 1000})

static json_t *line_read(struct trail *t, size_t n)
{
  CLEANUP_FREE char *text = NULL;
  json_t *line;
  char name[64];
  size_t at;

  file_name(t, 0, name);
  (void)file_read(t, name, &text);
  at = line_at(text, n);
  OK(json_read(text + at, line_at(text, n + 1) - at - 1, LIMITS, &line, e_));
  return line;
}

/* "userIdentity.arn" of a line; NULL when it is not there. */
static const char *member(const json_t *line, const char *path)
{
  static char text[4096];
  char key[64];
  const json_t *at = line;

  while (at != NULL && *path != '\0') {
    size_t n = strcspn(path, ".");

    (void)snprintf(key, sizeof key, "%.*s", (int)n, path);
    at = json_is_array(at) ? json_array_get(at, (size_t)key[0] - '0')
                           : json_object_get(at, key);
    path += path[n] == '.' ? n + 1 : n;
  }
  if (at == NULL)
    return NULL;
  if (json_is_string(at))
    return json_string_value(at);
  (void)snprintf(text, sizeof text, "%s",
                 json_is_null(at)    ? "null"
                 : json_is_true(at)  ? "true"
                 : json_is_false(at) ? "false"
                                     : "?");
  if (json_is_integer(at))
    (void)snprintf(text, sizeof text, "%lld",
                   (long long)json_integer_value(at));
  return text;
}

static void has(const json_t *line, const char *path, const char *want)
{
  const char *is = member(line, path);

  if (is == NULL || strcmp(is, want) != 0)
    fail_msg("%s is %s, not %s", path, is == NULL ? "not there" : is, want);
}

static void a_request_has_cloudtrails_members(void **state)
{
  static const char *const keys[] = {"team", "env"};
  static const struct audit_param params[] = {
      {.name = "secretId", .text = "db"},
      {.name = "tagKeys", .texts = keys, .n_texts = 2},
      {.name = "maxResults", .is_number = true, .number = 20},
      {.name = "force", .is_bool = true, .boolean = true}};
  struct trail *t = *state;
  struct audit_request r = request("UntagResource");
  CLEANUP_JSON json_t *line = NULL;

  r.read_only = false;
  r.params = params;
  r.n_params = 4;
  r.response_arn = ARN;
  r.response_version_id = "v1";
  r.vpc_endpoint = "vpce-1";
  r.tls_version = "TLSv1.3";
  r.cipher = "TLS_AES_128_GCM_SHA256";
  r.host = "secrets.example:8443";
  OK(audit_request(t->audit, &r, e_));
  line = line_read(t, 0);
  has(line, "eventVersion", "1.11");
  has(line, "userIdentity.type", "IAMUser");
  has(line, "userIdentity.principalId", "AIDAEXAMPLE");
  has(line, "userIdentity.arn", "arn:aws:iam::123456789012:user/anna");
  has(line, "userIdentity.accountId", "123456789012");
  has(line, "userIdentity.accessKeyId", "AKIAEXAMPLE");
  has(line, "userIdentity.userName", "anna");
  has(line, "eventTime", "2026-09-21T14:13:20Z");
  has(line, "eventSource", "secretsmanager.amazonaws.com");
  has(line, "eventName", "UntagResource");
  has(line, "awsRegion", "eu-west-1");
  has(line, "sourceIPAddress", "192.0.2.7");
  has(line, "userAgent", "aws-cli/2.15.0");
  has(line, "requestParameters.secretId", "db");
  has(line, "requestParameters.tagKeys.1", "env");
  has(line, "requestParameters.maxResults", "20");
  has(line, "requestParameters.force", "true");
  has(line, "responseElements.arn", ARN);
  has(line, "responseElements.versionId", "v1");
  has(line, "requestID", r.request_id);
  has(line, "eventID", r.event_id);
  has(line, "readOnly", "false");
  has(line, "resources.0.ARN", ARN);
  has(line, "resources.0.type", "AWS::SecretsManager::Secret");
  has(line, "eventType", "AwsApiCall");
  has(line, "managementEvent", "true");
  has(line, "recipientAccountId", "123456789012");
  has(line, "vpcEndpointId", "vpce-1");
  has(line, "eventCategory", "Management");
  has(line, "tlsDetails.tlsVersion", "TLSv1.3");
  has(line, "tlsDetails.clientProvidedHostHeader", "secrets.example:8443");
  has(line, "keyturn.sequence", "1");
  assert_null(member(line, "errorCode"));
  assert_null(member(line, "omitted"));
}

static void a_refused_request_says_why(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("DeleteSecret");
  CLEANUP_JSON json_t *line = NULL;

  r.read_only = false;
  r.identity_type = NULL;
  r.error_code = "AccessDeniedException";
  r.error_message = "User is not authorized to \"do\" that";
  r.response_arn = ARN; /* must not be told: nothing was done */
  OK(audit_request(t->audit, &r, e_));
  line = line_read(t, 0);
  has(line, "userIdentity.type", "Unknown");
  has(line, "errorCode", "AccessDeniedException");
  has(line, "errorMessage", "User is not authorized to \"do\" that");
  has(line, "responseElements", "null");
  has(line, "requestParameters", "null");
}

static void a_session_names_the_role_behind_it(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("GetSecretValue");
  CLEANUP_JSON json_t *line = NULL;

  r.identity_type = "AssumedRole";
  r.role_arn = "arn:aws:iam::123456789012:role/app";
  r.role_name = "app";
  r.role_id = "AROAEXAMPLE";
  r.session_us = NOW - 60 * US_PER_S;
  OK(audit_request(t->audit, &r, e_));
  line = line_read(t, 0);
  has(line, "userIdentity.sessionContext.sessionIssuer.arn", r.role_arn);
  has(line, "userIdentity.sessionContext.sessionIssuer.userName", "app");
  has(line, "userIdentity.sessionContext.attributes.creationDate",
      "2026-09-21T14:12:20Z");
}

static void what_keyturn_does_is_a_service_event(void **state)
{
  static const struct audit_param more[] = {{.name = "SecretId", .text = ARN}};
  struct trail *t = *state;
  const struct audit_event ev = {.event_id = "e",
                                 .request_id = "r",
                                 .time_us = NOW,
                                 .event_name = "RotationFailed",
                                 .secret_arn = ARN,
                                 .more = more,
                                 .n_more = 1,
                                 .error_code = "DENIED"};
  CLEANUP_JSON json_t *line = NULL;

  OK(audit_event(t->audit, &ev, e_));
  line = line_read(t, 0);
  has(line, "eventType", "AwsServiceEvent");
  has(line, "eventName", "RotationFailed");
  has(line, "userIdentity.invokedBy", "secretsmanager.amazonaws.com");
  has(line, "userIdentity.accountId", "123456789012");
  has(line, "sourceIPAddress", "secretsmanager.amazonaws.com");
  has(line, "additionalEventData.SecretId", ARN);
  has(line, "resources.0.ARN", ARN);
  has(line, "awsRegion", "eu-west-1");
  has(line, "errorCode", "DENIED");
}

/* Whatever a client sends, a line is one line, JSON and UTF-8. */
static void any_bytes_make_one_line_of_json(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("GetSecretValue");
  char agent[AUDIT_TEXT_MAX + 100], bytes[256];

  for (int i = 0; i < 255; i++)
    bytes[i] = (char)(i + 1);
  bytes[255] = '\0';
  memset(agent, 'a', sizeof agent);
  agent[sizeof agent - 1] = '\0';
  r.user_agent = agent;
  r.vpc_endpoint = bytes;
  r.host = "\xc3\xa4\xf0\x9f\x94\x91\xed\xa0\x80\xc0\x80\xe2\x82";
  r.tls_version = "TLSv1.3";
  r.error_message = "\",\"keyturn\":{\"sequence\":9}}";
  OK(audit_request(t->audit, &r, e_));
  ask(t, "GetSecretValue");
  {
    CLEANUP_JSON json_t *line = line_read(t, 0);

    has(line, "omitted", "true");
    assert_int_equal(strlen(member(line, "userAgent")), AUDIT_TEXT_MAX);
    has(line, "errorMessage", r.error_message);
    has(line, "keyturn.sequence", "1");
  }
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.lines, 2);
}

/* ---- ends and beginnings ------------------------------------------------- */

static void a_trail_goes_on_after_a_restart(void **state)
{
  struct trail *t = *state;

  for (int i = 0; i < 5; i++) {
    ask(t, "GetSecretValue");
    trail_close(t);
    trail_open(t);
  }
  ask(t, "GetSecretValue");
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.lines, 6);
  assert_int_equal(t->result.last, 6);
  assert_int_equal(file_count(t), 1);
}

static void a_new_day_begins_a_new_file(void **state)
{
  struct trail *t = *state;
  char name[64];

  ask(t, "GetSecretValue");
  OK(audit_sync(t->audit, e_));
  t->clock.now_us = NOW + US_PER_DAY;
  while (file_count(t) < 2) {
    ask(t, "GetSecretValue");
    OK(audit_sync(t->audit, e_));
  }
  ask(t, "GetSecretValue");
  file_name(t, 0, name);
  assert_string_equal(name, "audit-2026-09-21-000000000001.jsonl");
  file_name(t, 1, name);
  assert_memory_equal(name, "audit-2026-09-22-", 17);
  assert_int_equal(verify_all(t), 0);
  /* The file that is done is signed. */
  wait_for_digests(t, 1);
  assert_int_equal(verify_alone(t), 0);
  assert_true(t->result.proven > 0);
}

/* A crash in the middle of a line, at any byte of it. */
static void a_torn_line_is_owned_up_to(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  struct audit_row row;
  char name[64];
  size_t len, at;

  for (int i = 0; i < 3; i++)
    ask(t, "GetSecretValue");
  trail_close(t);
  file_name(t, 0, name);
  len = file_read(t, name, &text);
  at = line_at(text, 2);
  for (size_t cut = at + 1; cut < len; cut += 1 + (cut - at) / 7) {
    char path[192];

    /* As a kill would have left it: nothing signed, the end told to nobody. */
    (void)snprintf(path, sizeof path, "%s/%s", t->folder, TRAIL_DIGESTS);
    (void)unlink(path);
    OK(store_audit_get(t->store, &row, e_));
    OK(store_audit_end(t->store, 0, row.hash, 0, e_));
    file_write(t, name, text, cut);
    trail_open(t);
    ask(t, "DescribeSecret");
    assert_int_equal(verify_all(t), 0);
    /* Without its newline alone it is whole. */
    assert_int_equal(t->result.torn, cut == len - 1 ? 0 : 1);
    assert_int_equal(t->result.last, 4);
    trail_close(t);
    assert_int_equal(verify_alone(t), 0);
  }
  {
    CLEANUP_FREE char *torn = NULL;
    size_t n = file_read(t, name, &torn);

    torn[at + 1] ^= 1; /* nobody may change the piece, either */
    file_write(t, name, torn, n);
    assert_true(verify_alone(t) > 0);
  }
}

/* The end cut off while the daemon is down: nothing is signed, and still. */
static void a_cut_end_is_seen_at_the_start_and_for_ever(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  char name[64], path[192];

  for (int i = 0; i < 5; i++)
    ask(t, "GetSecretValue");
  trail_close(t);
  (void)snprintf(path, sizeof path, "%s/%s", t->folder, TRAIL_DIGESTS);
  assert_int_equal(unlink(path), 0);
  file_name(t, 0, name);
  (void)file_read(t, name, &text);
  file_write(t, name, text, line_at(text, 3));
  trail_open(t);
  ask(t, "DescribeSecret");
  assert_true(verify_all(t) > 0);
  TOLD(t, "record 6 follows 3: 2 removed or moved from here");
  {
    CLEANUP_JSON json_t *line = line_read(t, 3);

    has(line, "eventName", "AuditTrailDamaged");
    has(line, "additionalEventData.Finding",
        "records 4 to 5 are gone: the end of the trail was cut off");
  }
}

static void a_folder_that_was_emptied_is_seen(void **state)
{
  struct trail *t = *state;

  for (int i = 0; i < 5; i++)
    ask(t, "GetSecretValue");
  trail_close(t);
  remove_all(t->folder);
  trail_open(t);
  assert_true(verify_all(t) > 0);
  TOLD(t, "record 6 follows 0");
  TOLD(t, "the last were removed");
}

static void a_line_that_was_changed_while_it_was_down_is_seen(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  CLEANUP_JSON json_t *line = NULL;
  char name[64];
  size_t len;

  for (int i = 0; i < 3; i++)
    ask(t, "GetSecretValue");
  trail_close(t);
  file_name(t, 0, name);
  len = file_read(t, name, &text);
  text[line_at(text, 2) + 60] ^= 1;
  file_write(t, name, text, len);
  trail_open(t);
  line = line_read(t, 3);
  has(line, "eventName", "AuditTrailDamaged");
  assert_true(verify_all(t) > 0);
}

/* ---- disks ----------------------------------------------------------------
 */

static void a_full_disk_fails_the_request_and_leaves_no_piece(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("GetSecretValue");
  struct audit_stats stats;
  struct rlimit was, limit;
  struct err e = {0};
  char name[64], path[192];
  struct stat st;

  ask(t, "GetSecretValue");
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
  file_name(t, 0, name);
  (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
  assert_int_equal(stat(path, &st), 0);
  limit = was;
  limit.rlim_cur = (rlim_t)st.st_size + 100; /* a piece of a line fits */
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(audit_request(t->audit, &r, &e), -ERR_IO);
    assert_non_null(strstr(e.text, "nothing is answered until it can be"));
    assert_non_null(strstr(e.text, name));
  }
  audit_stats(t->audit, &stats);
  assert_int_equal(stats.failures, 3);
  assert_true(stats.is_failing);
  assert_int_equal(stats.sequence, 1);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
  ask(t, "GetSecretValue");
  audit_stats(t->audit, &stats);
  assert_false(stats.is_failing);
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.lines, 2);
  assert_int_equal(t->result.torn, 0);
}

static void a_change_is_on_the_disk_before_its_answer(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("PutSecretValue");
  struct audit_stats stats;

  ask(t, "GetSecretValue");
  r.read_only = false;
  OK(audit_request(t->audit, &r, e_));
  audit_stats(t->audit, &stats);
  assert_int_equal(stats.synced, 2);
}

struct asker {
  pthread_t thread;
  struct trail *t;
};

static void *ask_many(void *arg)
{
  struct asker *a = arg;
  struct audit_request r = request("GetSecretValue");

  for (int i = 0; i < 200; i++) {
    r.read_only = i % 20 != 0;
    if (audit_request(a->t->audit, &r, NULL) != 0)
      return arg;
  }
  return NULL;
}

static void threads_make_one_chain(void **state)
{
  struct trail *t = *state;
  struct asker askers[4];
  void *bad;

  t->options.file_bytes = 20000; /* files change under them */
  trail_close(t);
  trail_open(t);
  for (int i = 0; i < 4; i++) {
    askers[i].t = t;
    assert_int_equal(
        pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]), 0);
  }
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_join(askers[i].thread, &bad), 0);
    assert_null(bad);
  }
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.lines, 800);
  assert_true(t->result.files > 3);
  trail_close(t);
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.proven, 800);
}

static void digests_come_with_time(void **state)
{
  struct trail *t = *state;

  t->options.digest_us = 1;
  trail_close(t);
  trail_open(t);
  ask(t, "GetSecretValue");
  wait_for_digests(t, 1);
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.proven, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_request_has_cloudtrails_members),
      TEST(a_refused_request_says_why),
      TEST(a_session_names_the_role_behind_it),
      TEST(what_keyturn_does_is_a_service_event),
      TEST(any_bytes_make_one_line_of_json),
      TEST(a_trail_goes_on_after_a_restart),
      TEST(a_new_day_begins_a_new_file),
      TEST(a_torn_line_is_owned_up_to),
      TEST(a_cut_end_is_seen_at_the_start_and_for_ever),
      TEST(a_folder_that_was_emptied_is_seen),
      TEST(a_line_that_was_changed_while_it_was_down_is_seen),
      TEST(a_full_disk_fails_the_request_and_leaves_no_piece),
      TEST(a_change_is_on_the_disk_before_its_answer),
      TEST(threads_make_one_chain),
      TEST(digests_come_with_time),
  };

  return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
