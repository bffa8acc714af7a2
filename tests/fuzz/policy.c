/* Policies from outside: parsed, decided with, validated.
 *
 * Input: a line with the kind (i, r, b, s or t), then the document.
 */
#include "base/json.h"
#include "fuzz.h"
#include "policy/public.h"
#include "policy/validate.h"

#define HERE   "111122223333"
#define BOB    "arn:aws:iam::" HERE ":user/bob"
#define ROLE   "arn:aws:iam::" HERE ":role/app"
#define WORK   "arn:aws:sts::" HERE ":assumed-role/app/work"
#define SECRET "arn:aws:secretsmanager:eu-west-1:" HERE ":secret:app/db-AbCdEf"

/* What every key that begins so has for values. */
static const struct {
  const char *prefix;
  const char *values[2];
  size_t n;
} keys[] = {
    {"aws:username", {"bob"}, 1},
    {"aws:PrincipalArn", {BOB}, 1},
    {"aws:SourceIp", {"203.0.113.9"}, 1},
    {"aws:CurrentTime", {"2026-03-01T12:00:00Z"}, 1},
    {"aws:SecureTransport", {"true"}, 1},
    {"aws:TagKeys", {"team", "cost"}, 2},
    {"aws:PrincipalTag/", {"*"}, 1},
    {"aws:RequestTag/", {""}, 1},
    {"secretsmanager:RecoveryWindowInDays", {"7"}, 1},
    {"secretsmanager:SecretId", {SECRET}, 1},
    {"secretsmanager:VersionStage", {NULL}, 0},
};

static int key_find(void *ctx, const char *name, struct policy_values *out,
                    struct err *e)
{
  (void)ctx;
  if (strcmp(name, "aws:broken") == 0)
    return err_set(e, ERR_IO, "it cannot be said");
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (strncmp(name, keys[i].prefix, strlen(keys[i].prefix)) == 0) {
      out->values = keys[i].values;
      out->n = keys[i].n;
      return 1;
    }
  return 0;
}

static const struct policy_request user = {
    .action = "secretsmanager:GetSecretValue",
    .resource = SECRET,
    .principal_arns = (const char *const[]){BOB},
    .n_principal_arns = 1,
    .principal_account = HERE,
    .resource_account = HERE,
    .find_key = key_find,
};

static const struct policy_request session = {
    .action = "SECRETSMANAGER:GETSECRETVALUE",
    .resource = SECRET,
    .principal_arns = (const char *const[]){WORK, ROLE},
    .n_principal_arns = 2,
    .principal_account = HERE,
    .resource_account = "444455556666",
    .find_key = key_find,
};

static int decide(const struct policy_request *r, const struct policy_input *in,
                  struct policy_decision *out)
{
  struct err e = {0};
  int rc = policy_evaluate(r, in, out, &e);

  CLAIM(rc == 0 || ((rc == -ERR_IO || rc == -ERR_LIMIT) && e.text[0] != '\0'));
  CLAIM(rc != 0 || out->statement >= -1);
  CLAIM(rc != 0 || out->effect != POLICY_DENIED || out->statement >= 0);
  return rc;
}

/* The same policy as a boundary takes nothing away, and an empty one
 * everything; a second look sees the same. */
static void identity_check(const struct policy *p, const struct policy *none,
                           const struct policy_request *r)
{
  struct policy_decision once, bounded, nothing;
  struct policy_input in = {.identity = &p, .n_identity = 1};
  int rc = decide(r, &in, &once);

  in.boundary = p;
  CLAIM(decide(r, &in, &bounded) == rc);
  CLAIM(rc != 0 || bounded.effect == once.effect);
  in.boundary = none;
  CLAIM(decide(r, &in, &nothing) == rc);
  CLAIM(rc != 0 || nothing.effect != POLICY_ALLOWED);
  CLAIM(rc != 0 ||
        (nothing.effect == POLICY_DENIED) == (once.effect == POLICY_DENIED));
}

static void resource_check(const struct policy *p, const struct policy *none,
                           const struct policy_request *r)
{
  struct policy_decision alone, limited, with;
  struct policy_input in = {.resource = p};
  int rc = decide(r, &in, &alone);

  in.session = none;
  if (decide(r, &in, &limited) == 0 && rc == 0)
    CLAIM(limited.effect != POLICY_ALLOWED || alone.effect == POLICY_ALLOWED);
  in = (struct policy_input){.identity = &p, .n_identity = 1, .resource = p};
  (void)decide(r, &in, &with); /* a mistake of a caller's, but no fault */
}

/* Written another way it says the same. */
static void rewritten_check(const char *text, size_t len, enum policy_kind kind,
                            const struct policy *p)
{
  const struct json_limits limits = {POLICY_TEXT_MAX * 4, 8, POLICY_TEXT_MAX};
  struct policy_input in = {.resource = p}, again = {.resource = NULL};
  struct policy_decision a, b;
  struct policy *q = NULL;
  json_t *j = NULL;
  char *dumped;
  int rc;

  CLAIM(json_read(text, len, &limits, &j, NULL) == 0);
  dumped = json_dumps(j, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
  CLAIM(dumped != NULL);
  if (strlen(dumped) <= POLICY_TEXT_MAX) {
    CLAIM(policy_parse(dumped, strlen(dumped), kind, &q, NULL) == 0);
    again.resource = q;
    rc = decide(&user, &in, &a);
    CLAIM(decide(&user, &again, &b) == rc);
    CLAIM(rc != 0 || a.effect == b.effect);
    CLAIM(policy_is_public(p, NULL) == policy_is_public(q, NULL));
  }
  policy_free(q);
  free(dumped);
  json_decref(j);
}

/* Every other user is known. */
static int principal_find(void *ctx, const char *arn, struct err *e)
{
  (void)ctx;
  (void)e;
  return strlen(arn) % 2 == 0;
}

static void validate_check(const char *text, size_t len,
                           const struct policy *none)
{
  struct policy_report report;
  const struct policy_input caller = {.identity = &none, .n_identity = 1};
  struct policy_subject subject = {.secret_arn = SECRET,
                                   .account = HERE,
                                   .find_principal = principal_find,
                                   .caller = &user,
                                   .caller_policies = &caller};
  bool refused = false, is_public = false;
  struct err e = {0};
  int open, blocked;
  int rc = policy_validate(text, len, &subject, &report, &e);

  /* That he cannot be asked about is all that may go wrong. */
  CLAIM(rc == 0 || rc == -ERR_IO || rc == -ERR_LIMIT);
  for (size_t i = 0; i < report.n; i++) {
    const char *check = report.findings[i].check;

    CLAIM(report.findings[i].message[0] != '\0');
    refused = refused || strcmp(check, POLICY_CHECK_SYNTAX) == 0 ||
              strcmp(check, POLICY_CHECK_PRINCIPAL) == 0;
    is_public = is_public || strcmp(check, POLICY_CHECK_PUBLIC) == 0;
  }
  open = policy_admit(text, len, &subject, false, NULL, NULL);
  blocked = policy_admit(text, len, &subject, true, NULL, NULL);
  if (rc != 0 || report.n == POLICY_FINDINGS_MAX)
    return; /* there may be others */
  CLAIM(open == (refused ? -ERR_POLICY_SYNTAX : 0));
  CLAIM(blocked == (refused     ? -ERR_POLICY_SYNTAX
                    : is_public ? -ERR_POLICY_PUBLIC
                                : 0));
}

static enum policy_kind kind_take(const char **text)
{
  static const char letters[] = "irbst";
  const char *letter = NULL;

  if ((*text)[0] != '\0' && (*text)[1] == '\n')
    letter = strchr(letters, (*text)[0]);
  if (letter == NULL)
    return POLICY_IDENTITY;
  *text += 2;
  return (enum policy_kind)(letter - letters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const char empty[] = "{\"Statement\":[]}";
  char *whole = fuzz_text(data, len);
  const char *text = whole;
  enum policy_kind kind = kind_take(&text);
  struct policy *p = NULL, *none = NULL;
  struct err e = {0};
  int rc;

  len -= (size_t)(text - whole);
  CLAIM(policy_parse(empty, strlen(empty), POLICY_BOUNDARY, &none, &e) == 0);
  rc = policy_parse(text, len, kind, &p, &e);
  CLAIM(rc == 0 || (rc == -ERR_POLICY_SYNTAX && e.text[0] != '\0'));
  CLAIM((p != NULL) == (rc == 0));
  if (p != NULL && (kind == POLICY_RESOURCE || kind == POLICY_TRUST)) {
    resource_check(p, none, &user);
    resource_check(p, none, &session);
    rewritten_check(text, len, kind, p);
  } else if (p != NULL) {
    identity_check(p, none, &user);
    identity_check(p, none, &session);
  }
  if (kind == POLICY_RESOURCE)
    validate_check(text, len, none);
  policy_free(p);
  policy_free(none);
  free(whole);
  return 0;
}
