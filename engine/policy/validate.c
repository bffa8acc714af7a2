/* Findings about a resource's policy, each with the statement it is about,
 * counted from 1.
 */
#include "policy/validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/impossible.h"
#include "policy/public.h"

#define TEXT_SYNTAX    "This policy has invalid syntax."
#define TEXT_PRINCIPAL "This resource policy contains an unsupported principal."
#define TEXT_PUBLIC                                                          \
  "The BlockPublicPolicy parameter is set to true, and the resource policy " \
  "did not prevent broad access to the secret."

static void find(struct policy_report *r, const char *check, const char *fmt,
                 ...) __attribute__((format(printf, 3, 4)));

static void find(struct policy_report *r, const char *check, const char *fmt,
                 ...)
{
  struct policy_finding *f;
  va_list ap;

  if (r->n == POLICY_FINDINGS_MAX)
    return;
  f = &r->findings[r->n++];
  f->check = check;
  va_start(ap, fmt);
  (void)vsnprintf(f->message, sizeof f->message, fmt, ap); /* cut is fine */
  va_end(ap);
}

/* arn:PARTITION:SERVICE::ACCOUNT:… of our own account? */
static bool is_ours(const char *arn, const char *account)
{
  for (int i = 0; i < 4; i++) {
    arn = strchr(arn, ':');
    if (arn == NULL)
      return false;
    arn++;
  }
  return strncmp(arn, account, strlen(account)) == 0 &&
         arn[strlen(account)] == ':';
}

/* 1 when a secret may name it, 0 when not, or negative.  An id in place of an
 * ARN is what is left of a user or role that is gone. */
static int who_is_supported(const struct who *w,
                            const struct policy_subject *subject, struct err *e)
{
  if (w->form == WHO_OUTSIDER)
    return 0;
  if (w->form != WHO_ARN)
    return 1;
  if (strncmp(w->text, "arn:", 4) != 0)
    return 0;
  if (subject->find_principal == NULL || subject->account == NULL ||
      !is_ours(w->text, subject->account))
    return 1;
  return subject->find_principal(subject->find_ctx, w->text, e);
}

/* The first principal that is not supported: 0 with *out, NULL for none. */
static int unsupported_find(const struct statement *s,
                            const struct policy_subject *subject,
                            const struct who **out, struct err *e)
{
  *out = NULL;
  for (size_t i = 0; i < s->principal.n && *out == NULL; i++) {
    int rc = who_is_supported(&s->principal.list[i], subject, e);

    if (rc < 0)
      return rc;
    if (rc == 0)
      *out = &s->principal.list[i];
  }
  return 0;
}

static int statement_validate(const struct statement *s, size_t number,
                              const struct policy_subject *subject,
                              struct policy_report *r, struct err *e)
{
  const struct who *who;
  const char *key;
  int rc = unsupported_find(s, subject, &who, e);

  if (rc != 0)
    return rc;
  if (who != NULL)
    find(r, POLICY_CHECK_PRINCIPAL, TEXT_PRINCIPAL " Statement %zu: \"%.200s\"",
         number, who->text);
  for (size_t i = 0; i < s->action.n && !s->action.negated; i++)
    if (action_is_foreign(&s->action.list[i]))
      find(r, POLICY_CHECK_ACTION,
           "Statement %zu: Action number %zu is no action of Secrets Manager.",
           number, i + 1);
  if (s->action.n == 0 && !s->action.negated)
    find(r, POLICY_CHECK_ACTION, "Statement %zu: Action is empty.", number);
  if (actions_are_exhausted(&s->action))
    find(r, POLICY_CHECK_ACTION,
         "Statement %zu: NotAction excludes every action of Secrets Manager.",
         number);
  if (resources_are_foreign(&s->resource, subject->secret_arn))
    find(r, POLICY_CHECK_RESOURCE,
         "Statement %zu: %s is not about this secret; use \"*\".", number,
         s->resource.negated ? "NotResource" : "Resource");
  key = condition_impossible(s);
  if (key != NULL)
    find(r, POLICY_CHECK_CONDITION,
         "Statement %zu: Condition can never hold for the key \"%.100s\".",
         number, key);
  return 0;
}

/* Could he still take the policy away again? */
static int lockout_find(const struct policy *p,
                        const struct policy_subject *subject,
                        struct policy_report *r, struct err *e)
{
  static const char action[] = "secretsmanager:PutResourcePolicy";
  struct policy_request request;
  struct policy_input in;
  struct policy_decision d;
  int rc;

  if (subject->caller == NULL || subject->caller_policies == NULL ||
      subject->secret_arn == NULL)
    return 0;
  request = *subject->caller;
  request.action = action;
  request.resource = subject->secret_arn;
  in = *subject->caller_policies;
  in.resource = p;
  rc = policy_evaluate(&request, &in, &d, e);
  if (rc == 0 && d.effect == POLICY_DENIED && d.kind == POLICY_RESOURCE)
    find(r, POLICY_CHECK_LOCKOUT,
         "Statement %d: it would deny you secretsmanager:PutResourcePolicy, "
         "so that you could not change this policy any more.",
         d.statement + 1);
  else if (rc == 0 && d.effect != POLICY_ALLOWED)
    find(r, POLICY_CHECK_LOCKOUT,
         "With this policy you could not call %s any more.", action);
  return rc;
}

static int policy_look(const struct policy *p,
                       const struct policy_subject *subject,
                       struct policy_report *r, struct err *e)
{
  size_t statement;

  for (size_t i = 0; i < p->n; i++) {
    int rc = statement_validate(&p->statements[i], i + 1, subject, r, e);

    if (rc != 0)
      return rc;
  }
  if (policy_is_public(p, &statement))
    find(r, POLICY_CHECK_PUBLIC,
         "Statement %zu: it grants broad access to the secret: its principal "
         "is everyone, and no condition limits that to fixed values.",
         statement + 1);
  return lockout_find(p, subject, r, e);
}

int policy_validate(const char *text, size_t len,
                    const struct policy_subject *subject,
                    struct policy_report *out, struct err *e)
{
  struct policy *p = NULL;
  bool principal = false;
  struct err said = {.code = ERR_OK};
  int rc = document_parse(text, len, POLICY_RESOURCE, &p, &principal, &said);

  out->n = 0;
  if (rc == -(int)ERR_POLICY_SYNTAX) {
    find(out, principal ? POLICY_CHECK_PRINCIPAL : POLICY_CHECK_SYNTAX,
         "%s %.400s", principal ? TEXT_PRINCIPAL : TEXT_SYNTAX, said.text);
    return 0;
  }
  if (rc != 0)
    return err_set(e, said.code, "%s", said.text);
  rc = policy_look(p, subject, out, e);
  policy_free(p);
  return rc;
}

static int principals_admit(const struct policy *p,
                            const struct policy_subject *subject, struct err *e)
{
  for (size_t i = 0; i < p->n; i++) {
    const struct who *who;
    int rc = unsupported_find(&p->statements[i], subject, &who, e);

    if (rc != 0)
      return rc;
    if (who != NULL)
      return err_set(e, ERR_POLICY_SYNTAX, "%s", TEXT_PRINCIPAL);
  }
  return 0;
}

int policy_admit(const char *text, size_t len,
                 const struct policy_subject *subject, bool block_public,
                 struct policy **out, struct err *e)
{
  struct policy *p = NULL;
  bool principal = false;
  int rc = document_parse(text, len, POLICY_RESOURCE, &p, &principal, e);

  if (rc == -(int)ERR_POLICY_SYNTAX)
    return err_set(e, ERR_POLICY_SYNTAX, "%s",
                   principal ? TEXT_PRINCIPAL : TEXT_SYNTAX);
  if (rc != 0)
    return rc;
  rc = principals_admit(p, subject, e);
  if (rc == 0 && block_public && policy_is_public(p, NULL))
    rc = err_set(e, ERR_POLICY_PUBLIC, "%s", TEXT_PUBLIC);
  if (rc != 0 || out == NULL) {
    policy_free(p);
    return rc;
  }
  *out = p;
  return 0;
}
