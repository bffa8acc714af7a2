/* PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy,
 * ValidateResourcePolicy: a secret's own policy.  What a policy may say is
 * policy/validate.h's to tell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/authorize.h"
#include "api/ops.h"
#include "base/cleanup.h"
#include "policy/validate.h"

#define NAMED_MAX 160 /* "user/" and a name */

/* arn:aws:iam::ACCOUNT:user/PATH/NAME and its like, as the directory has it:
 * false when no principal of ours looks so. */
static bool principal_name(const char *arn, char out[NAMED_MAX])
{
  const char *what = arn, *name;
  int n;

  for (int i = 0; i < 5 && what != NULL; i++)
    what = (what = strchr(what, ':')) == NULL ? NULL : what + 1;
  if (what == NULL)
    return false;
  name = strrchr(what, '/');
  if (strncmp(what, "user/", 5) == 0)
    n = snprintf(out, NAMED_MAX, "user/%s", name + 1);
  else if (strncmp(what, "role/", 5) == 0)
    n = snprintf(out, NAMED_MAX, "role/%s", name + 1);
  else if (strncmp(what, "assumed-role/", 13) == 0)
    n = snprintf(out, NAMED_MAX, "role/%.*s", (int)strcspn(what + 13, "/"),
                 what + 13);
  else
    n = snprintf(out, NAMED_MAX, "%s", what);
  return n > 0 && n < NAMED_MAX;
}

static int find_principal(void *ctx, const char *arn, struct err *e)
{
  struct directory *directory = ctx;
  const struct principal *who;
  struct err own = {0};
  char name[NAMED_MAX];
  int rc;

  if (!principal_name(arn, name))
    return 0;
  rc = directory_find_named(directory, name, &who, &own);
  if (rc == -ERR_NO_ENTITY)
    return 0;
  if (rc != 0)
    return err_set(e, own.code, "%s", own.text);
  principal_put(who);
  return 1;
}

static struct policy_subject subject_of(struct call *c,
                                        const struct secret_row *row)
{
  return (struct policy_subject){
      .secret_arn = row == NULL ? NULL : row->arn,
      .account = c->api->account,
      .find_principal = find_principal,
      .find_ctx = c->api->directory,
  };
}

int op_put_resource_policy(struct call *c)
{
  const char *text = json_str(c->in, "ResourcePolicy");
  struct policy_subject subject;
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc != 0)
    return rc;
  subject = subject_of(c, &row);
  rc = policy_admit(text, strlen(text), &subject,
                    json_bool(c->in, "BlockPublicPolicy", false), NULL, c->e);
  if (rc == 0)
    rc = store_policy_put(c->api->store, row.id, text, c->now_us, c->e);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  buf_putc(c->out, '}');
  return 0;
}

int op_get_resource_policy(struct call *c)
{
  CLEANUP_FREE char *text = NULL;
  struct secret_row row;
  int64_t policy_id;
  int rc = call_secret(c, true, &row);

  if (rc == 0 && row.policy_id != 0)
    rc = store_policy_get(c->api->store, row.id, &text, &policy_id, c->e);
  if (rc == -ERR_NOT_FOUND && c->has_secret) { /* deleted since */
    err_clear(c->e);
    rc = 0;
  }
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  buf_json_str(c->out, "ResourcePolicy", text);
  buf_putc(c->out, '}');
  return 0;
}

int op_delete_resource_policy(struct call *c)
{
  struct secret_row row;
  int rc = call_secret(c, true, &row);

  if (rc == 0)
    rc = store_policy_remove(c->api->store, row.id, c->now_us, c->e);
  if (rc != 0)
    return rc;
  call_begin(c, &row);
  buf_putc(c->out, '}');
  return 0;
}

/* What no parser understands is refused and not listed, as the model's errors
 * say. */
static int syntax_check(struct call *c, const char *text)
{
  struct policy *parsed;
  struct err why = {0};

  if (policy_parse(text, strlen(text), POLICY_RESOURCE, &parsed, &why) != 0)
    return err_set(c->e, ERR_POLICY_SYNTAX,
                   "This policy has invalid syntax. %s", why.text);
  policy_free(parsed);
  return 0;
}

int op_validate_resource_policy(struct call *c)
{
  const char *text = json_str(c->in, "ResourcePolicy");
  struct policy_subject subject = subject_of(c, NULL);
  struct policy_report report;
  struct secret_row row;
  struct question q;
  struct context x;
  int rc = syntax_check(c, text);

  if (rc == 0 && c->spelled != NULL) {
    rc = call_secret(c, true, &row);
    subject = subject_of(c, &row);
  }
  authorize_question(c, &x, &q);
  subject.caller = &q.request;
  subject.caller_policies = &q.policies;
  if (rc == 0)
    rc = policy_validate(text, strlen(text), &subject, &report, c->e);
  context_release(&x);
  if (rc != 0)
    return rc;
  buf_putc(c->out, '{');
  buf_json_bool(c->out, "PolicyValidationPassed", report.n == 0);
  buf_json_key(c->out, "ValidationErrors");
  buf_putc(c->out, '[');
  for (size_t i = 0; i < report.n; i++) {
    buf_puts(c->out, i > 0 ? ",{" : "{");
    buf_json_str(c->out, "CheckName", report.findings[i].check);
    buf_json_str(c->out, "ErrorMessage", report.findings[i].message);
    buf_putc(c->out, '}');
  }
  buf_puts(c->out, "]}");
  return 0;
}
