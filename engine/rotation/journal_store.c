/* The journal over the real store.  See journal.h.
 *
 * The pending value is found by the job's version id and not by its label, so
 * that nobody who moves labels by hand can have another value set.
 */
#include "rotation/journal_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rotation/due.h"
#include "secret/resolve.h"
#include "secret/value.h"

static struct journal_store *self(struct journal *j)
{
  return (void *)((char *)j - offsetof(struct journal_store, journal));
}

static int store_load(struct journal *j, const struct job_row *job,
                      struct job_facts *out, struct err *e)
{
  struct journal_store *js = self(j);
  struct job_facts facts = {.grace_s = -1};
  struct secret_row secret;
  struct rules_row rules;
  struct version_row version = {0};
  int rc = store_secret_by_id(js->store, job->secret_id, &secret, e);

  if (rc != 0)
    return rc;
  memcpy(facts.secret_arn, secret.arn, sizeof facts.secret_arn);
  rc = store_rules_get(js->store, job->secret_id, &rules, e);
  if (rc == 0)
    facts.grace_s = rules.grace_s;
  else if (rc != -ERR_NOT_FOUND)
    return rc;
  if (job->kind != JOB_CHECK) {
    rc = store_version_get(js->store, job->secret_id, job->version_id, NULL,
                           &version, e);
    if (rc == 0)
      facts.pending_stored = version.has_value;
    version_row_release(&version);
    if (rc != 0 && rc != -ERR_NOT_FOUND)
      return rc;
  }
  err_clear(e);
  *out = facts;
  return 0;
}

static int store_save(struct journal *j, const struct job_row *job,
                      const struct attempt_row *attempt, struct err *e)
{
  return store_job_save(self(j)->store, job, attempt, e);
}

static int store_save_soon(struct journal *j, const struct job_row *job,
                           const struct attempt_row *attempt, struct err *e)
{
  return store_job_save_soon(self(j)->store, job, attempt, e);
}

/* ---- values ------------------------------------------------------------- */

/* Is the current value a SecretBinary?  Then so is the new one. */
static int current_is_binary(struct journal_store *js,
                             const struct job_row *job, bool *out,
                             struct err *e)
{
  struct version_row version = {0};
  int rc = store_version_get(js->store, job->secret_id, NULL, "AWSCURRENT",
                             &version, e);

  *out = rc == 0 && version.is_binary;
  version_row_release(&version);
  if (rc != -ERR_NOT_FOUND)
    return rc;
  err_clear(e);
  return 0;
}

static int store_put_pending(struct journal *j, const struct job_row *job,
                             const struct secret *value, struct err *e)
{
  struct journal_store *js = self(j);
  struct version_put put = {.version_id = job->version_id};
  struct secret_row secret;
  struct sealed sealed = {0};
  bool kept;
  int rc = store_secret_by_id(js->store, job->secret_id, &secret, e);

  if (rc == 0)
    rc = current_is_binary(js, job, &put.is_binary, e);
  if (rc == 0)
    rc = value_seal(js->keyring, &secret, job->version_id, value, &sealed, e);
  if (rc != 0)
    return rc;
  put.sealed = sealed.data;
  put.sealed_len = sealed.len;
  put.key_id = sealed.key_id;
  rc = store_job_put_pending(js->store, job, &put, &kept, e);
  sealed_release(&sealed);
  return rc;
}

static int store_drop_pending(struct journal *j, const struct job_row *job,
                              struct err *e)
{
  return store_job_drop_pending(self(j)->store, job, e);
}

/* By version id or by label, the other one NULL. */
static int value_at(struct journal_store *js, const struct secret_row *secret,
                    const char *version_id, const char *label,
                    struct secret *out, struct err *e)
{
  struct version_row version = {0};
  int rc =
      store_version_get(js->store, secret->id, version_id, label, &version, e);

  if (rc == 0)
    rc = value_open(js->keyring, secret, &version, out, e);
  version_row_release(&version);
  return rc;
}

/* AWSCURRENT of the secret that "masterarn" of our AWSCURRENT names. */
static int admin_value(struct journal_store *js,
                       const struct secret_row *secret, struct secret *out,
                       struct err *e)
{
  CLEANUP_SECRET struct secret ours = {0};
  CLEANUP_JSON json_t *json = NULL;
  struct secret_row admin;
  const char *name;
  int rc = value_at(js, secret, NULL, "AWSCURRENT", &ours, e);

  if (rc == 0)
    rc = json_read((const char *)ours.data, ours.len, &json_limits_request,
                   &json, e);
  if (rc != 0)
    return rc;
  name = json_str(json, "masterarn");
  if (name == NULL)
    return err_set(e, ERR_NOT_FOUND, "the secret names no masterarn");
  rc = secret_resolve_live(js->store, secret->region, name, &admin, e);
  if (rc == 0)
    rc = value_at(js, &admin, NULL, "AWSCURRENT", out, e);
  return rc == 0 ? 0 : err_wrap(e, "the secret that masterarn names");
}

static int options_value(struct journal_store *js, const struct job_row *job,
                         struct secret *out, struct err *e)
{
  struct rules_row rules;
  const char *text = "{}";
  int rc = store_rules_get(js->store, job->secret_id, &rules, e);

  if (rc == 0 && rules.options[0] != '\0')
    text = rules.options;
  if (rc != 0 && rc != -ERR_NOT_FOUND)
    return rc;
  return secret_copy(text, strlen(text), out, e);
}

static int store_value(struct journal *j, const struct job_row *job,
                       enum kt_source source, const char *stage,
                       struct secret *out, struct err *e)
{
  struct journal_store *js = self(j);
  struct secret_row secret;
  bool pending = stage != NULL && strcmp(stage, "AWSPENDING") == 0;
  int rc;

  if (source == KT_OPTIONS)
    return options_value(js, job, out, e);
  rc = store_secret_by_id(js->store, job->secret_id, &secret, e);
  if (rc != 0)
    return rc;
  if (source == KT_ADMIN)
    return admin_value(js, &secret, out, e);
  if (source != KT_SECRET)
    return err_set(e, ERR_NOT_FOUND, "no such source");
  return value_at(js, &secret, pending ? job->version_id : NULL,
                  pending ? NULL : stage, out, e);
}

static int store_is_current(struct journal *j, const struct job_row *job,
                            bool *out, struct err *e)
{
  struct version_row version = {0};
  int rc = store_version_get(self(j)->store, job->secret_id, NULL, "AWSCURRENT",
                             &version, e);

  if (rc == 0)
    *out = strcmp(version.version_id, job->version_id) == 0;
  version_row_release(&version);
  return rc;
}

/* ---- notes -------------------------------------------------------------- */

static int store_note_put(struct journal *j, const struct job_row *job,
                          const struct secret *note, struct err *e)
{
  struct journal_store *js = self(j);
  struct secret_row secret;
  struct sealed sealed = {0};
  int rc = store_secret_by_id(js->store, job->secret_id, &secret, e);

  if (rc == 0)
    rc = note_seal(js->keyring, &secret, job->version_id, note, &sealed, e);
  if (rc == 0)
    rc = store_job_note_put(js->store, job, sealed.data, sealed.len, e);
  sealed_release(&sealed);
  return rc;
}

static int store_note_get(struct journal *j, const struct job_row *job,
                          struct secret *out, struct err *e)
{
  struct journal_store *js = self(j);
  CLEANUP_FREE unsigned char *sealed = NULL;
  size_t len = 0;
  struct secret_row secret;
  int rc = store_job_note_get(js->store, job, &sealed, &len, e);

  if (rc == 0)
    rc = store_secret_by_id(js->store, job->secret_id, &secret, e);
  if (rc == 0)
    rc = note_open(js->keyring, &secret, job->version_id, sealed, len, out, e);
  return rc;
}

/* ---- ends --------------------------------------------------------------- */

static int store_finish(struct journal *j, const struct job_row *job,
                        const struct attempt_row *attempt, struct err *e)
{
  struct journal_store *js = self(j);
  int64_t now_us = clock_now_us(js->clock);
  struct secret_row secret;
  struct rules_row rules;
  struct next_due next;
  struct err why = {0};
  int rc = store_secret_by_id(js->store, job->secret_id, &secret, e);

  if (rc == 0)
    rc = store_rules_get(js->store, job->secret_id, &rules, e);
  if (rc != 0 && rc != -ERR_NOT_FOUND)
    return rc;
  rules.anchor_us = now_us; /* as the transaction will have it */
  if (rc == 0 &&
      due_next(&rules, secret.arn, now_us, job->due_in_s, &why) == 0) {
    next = (struct next_due){rules.next_due_us, rules.window_end_us};
    return store_job_finish(js->store, job, attempt, &next, now_us, e);
  }
  /* Rules that cannot be read must not keep a rotation from finishing: the
   * time that was set at the start holds, and the scheduler says what is
   * wrong with them when it comes. */
  return store_job_finish(js->store, job, attempt, NULL, now_us, e);
}

/* Does nothing but the value itself ask for rotations, and has this one
 * failed without need of a person? */
static bool needs_another_time(struct journal_store *js,
                               const struct job_row *job)
{
  struct rules_row rules;
  struct err e = {0};

  return job->kind == JOB_SCHEDULED && job->outcome == JOB_FAILED &&
         job->last_class != KT_REAUTH_REQUIRED &&
         store_rules_get(js->store, job->secret_id, &rules, &e) == 0 &&
         rules.enabled && !rules.paused && rules.next_due_us == 0 &&
         rules.days == 0 && rules.expression[0] == '\0';
}

static int store_end(struct journal *j, const struct job_row *job,
                     const struct attempt_row *attempt, bool keep_pending,
                     struct err *e)
{
  struct journal_store *js = self(j);
  struct next_due next, *moved = NULL; /* as set at the start */

  if (needs_another_time(js, job)) {
    next.due_us = clock_now_us(js->clock) + JOURNAL_AGAIN_US;
    next.window_end_us = next.due_us + JOURNAL_WINDOW_US;
    moved = &next;
  }
  return store_job_end(js->store, job, attempt, keep_pending, moved, e);
}

void journal_store_init(struct journal_store *j, struct store *store,
                        struct keyring *keyring, struct clock *clock)
{
  *j = (struct journal_store){.journal = {.load = store_load,
                                          .save = store_save,
                                          .save_soon = store_save_soon,
                                          .put_pending = store_put_pending,
                                          .drop_pending = store_drop_pending,
                                          .finish = store_finish,
                                          .end = store_end,
                                          .note_put = store_note_put,
                                          .note_get = store_note_get,
                                          .value = store_value,
                                          .is_current = store_is_current},
                              .store = store,
                              .keyring = keyring,
                              .clock = clock};
}
