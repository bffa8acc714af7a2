/* The store: Keyturn's state as domain transactions.
 *
 * Each function that changes something is one transaction, durable when it
 * returns 0.  There is no generic get and put.  Values come and go sealed
 * (crypto/envelope); the store never sees plaintext.  Times are microseconds
 * since 1970 UTC, 0 where there is none.  All functions are thread-safe: one
 * connection writes, a pool of read-only ones reads, and a reader sees every
 * transaction that returned before it began.
 *
 * Which labels move when is decided here, inside the transaction; the rules
 * are numbered as in the comments of store/labels.c.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "store/rows.h"

struct store;

/* ---- the store itself ------------------------------------------------- */

/* Makes an empty store at the newest schema version; ERR_EXISTS when the file
 * is there.  `meta`: borrowed. */
int store_create(const char *path, const struct meta_row *meta, struct err *e);
/* Opens and migrates.  ERR_NOT_FOUND: no such file (say `keyturnd init`);
 * ERR_BUSY: another daemon has it; ERR_NEWER: made by a newer version;
 * ERR_CORRUPT: not a store.  *out: returned, freed by store_close. */
int store_open(const char *path, struct store **out, struct err *e);
void store_close(struct store *s);
void store_meta(struct store *s, struct meta_row *out);
/* Moves at every committed change of this process or another engine. */
uint64_t store_change_count(struct store *s);
/* For status and tests: ERR_CORRUPT with SQLite's words. */
int store_check(struct store *s, struct err *e);

/* ---- keys -------------------------------------------------------------- */

/* ERR_EXISTS when the alias is another key's; ERR_LIMIT: STORE_KEYS_MAX. */
int store_kms_key_insert(struct store *s, const struct kms_key_row *row,
                         struct err *e);
/* ERR_NOT_FOUND: no key has it. */
int store_kms_key_by_alias(struct store *s, const char *alias,
                           char out_key_id[37], struct err *e);
/* The rows in order of creation; ERR_LIMIT when there are more than max. */
int store_kms_key_list(struct store *s, struct kms_key_row *out, size_t max,
                       size_t *out_n, struct err *e);

/* ---- secrets ----------------------------------------------------------- */

/* Inserts the secret into the region that its ARN names, with its tags and,
 * when first->version_id is set, its first version with AWSCURRENT.
 * ERR_EXISTS: name (e->text says so); ERR_REQUEST: the name belongs to a secret
 * that is scheduled for deletion. */
int store_secret_insert(struct store *s, const struct secret_row *row,
                        const struct tag *tags, size_t n_tags,
                        const struct version_put *first, int64_t *out_id,
                        struct err *e);
/* By exact name in a region, by full ARN, or by ARN without its suffix
 * ("-XXXXXX"). */
int store_secret_by_name(struct store *s, const char *region, const char *name,
                         struct secret_row *out, struct err *e);
int store_secret_by_arn(struct store *s, const char *arn,
                        struct secret_row *out, struct err *e);
int store_secret_by_partial_arn(struct store *s, const char *arn,
                                struct secret_row *out, struct err *e);
int store_secret_by_id(struct store *s, int64_t id, struct secret_row *out,
                       struct err *e);
/* A page in order of id, after `after_id`, of all regions and without
 * replicas.  *out_rows: returned, free(). */
int store_secret_list(struct store *s, int64_t after_id, size_t max,
                      struct secret_row **out_rows, size_t *out_n,
                      struct err *e);
/* At most `max` secrets in that order, after a place (NULL: from its
 * beginning).  *out_rows: returned, free(). */
int store_secret_page(struct store *s, const struct secret_order *order,
                      const struct secret_place *after, size_t max,
                      struct secret_row **out_rows, size_t *out_n,
                      struct err *e);
void secret_place(const struct secret_row *row, enum secret_sort by,
                  struct secret_place *out);
/* All that belongs to up to STORE_PAGE secrets, in one statement each, those of
 * a secret together; stages: its newest version first.  *out: returned,
 * free(). */
int store_page_tags(struct store *s, const int64_t *ids, size_t n,
                    struct tag_row **out, size_t *out_n, struct err *e);
int store_page_stages(struct store *s, const int64_t *ids, size_t n,
                      struct stage_row **out, size_t *out_n, struct err *e);
int store_page_rules(struct store *s, const int64_t *ids, size_t n,
                     struct secret_rules **out, size_t *out_n, struct err *e);
/* changed_us moves; the key is the primary's, not its replicas'. */
int store_secret_update(struct store *s, int64_t id,
                        const struct secret_update *update, int64_t now_us,
                        struct err *e);
/* NULL leaves a text as it is. */
int store_external_put(struct store *s, int64_t id, const char *role_arn,
                       const char *metadata, struct err *e);
/* ERR_NOT_FOUND: nothing was put. */
int store_external_get(struct store *s, int64_t id, struct external_row *out,
                       struct err *e);
/* deleted_us 0 restores.  While a secret is deleted nothing is due. */
int store_secret_mark_deleted(struct store *s, int64_t id, int64_t deleted_us,
                              int64_t purge_us, struct err *e);
/* Removes the secret and everything of it, now. */
int store_secret_purge(struct store *s, int64_t id, struct err *e);
/* Removes those whose purge_us has passed; *out_n: how many. */
int store_secret_purge_due(struct store *s, int64_t now_us, size_t *out_n,
                           struct err *e);
/* changed_us moves. */
int store_tag_put(struct store *s, int64_t id, const struct tag *tags, size_t n,
                  int64_t now_us, struct err *e);
int store_tag_remove(struct store *s, int64_t id, const char *const *keys,
                     size_t n, int64_t now_us, struct err *e);
int store_tag_list(struct store *s, int64_t id, struct tag *out, size_t max,
                   size_t *out_n, struct err *e);

/* ---- replicas ----------------------------------------------------------- */

/* Makes the secret readable in another region.  A replica that is there stays
 * as it is.  What stands in the way is kept as the replica's message, and is no
 * failure.  ERR_REQUEST: the secret was deleted; ERR_PARAMETER: it has
 * STORE_REPLICAS. */
int store_replica_add(struct store *s, int64_t id,
                      const struct replica_put *replica, int64_t now_us,
                      struct err *e);
/* In the order they were asked for. */
int store_replica_list(struct store *s, int64_t id, struct replica_row *out,
                       size_t max, size_t *out_n, struct err *e);
/* All or none; ERR_PARAMETER: it is not replicated to one of them. */
int store_replica_remove(struct store *s, int64_t id,
                         const char *const *regions, size_t n, struct err *e);
/* Makes a secret of its own of a replica: its tags, policy and labels (but
 * AWSPENDING) are copied, and its versions as `values` has them, each sealed
 * for it.  ERR_BUSY: the primary has other values by now; read them again. */
int store_replica_promote(struct store *s, const struct secret_row *replica,
                          const struct version_rekey *values, size_t n,
                          int64_t now_us, struct err *e);

/* ---- resource policies -------------------------------------------------- */

/* Of the secret and its replicas; an earlier one is replaced.  The policy's id
 * in secret_row is another one after. */
int store_policy_put(struct store *s, int64_t id, const char *policy,
                     int64_t now_us, struct err *e);
/* *out: returned, free(); *out_policy_id: which one it is.  ERR_NOT_FOUND:
 * there is none. */
int store_policy_get(struct store *s, int64_t id, char **out,
                     int64_t *out_policy_id, struct err *e);
/* There need not be one. */
int store_policy_remove(struct store *s, int64_t id, int64_t now_us,
                        struct err *e);

/* ---- versions and labels ----------------------------------------------- */

/* Adds a version and attaches put->labels (none: AWSCURRENT; the first value
 * of a secret gets AWSCURRENT besides whatever it names).  ERR_EXISTS: that
 * version id is there with a value; nothing changes then, and the caller
 * compares.  A placeholder (no value yet) is filled. */
int store_version_put(struct store *s, int64_t id,
                      const struct version_put *put, int64_t now_us,
                      struct err *e);
/* By version id, or by label when version_id is NULL, or by both (ERR_REQUEST
 * when they disagree).  *out: release by version_row_release.  A placeholder
 * comes with sealed NULL. */
int store_version_get(struct store *s, int64_t id, const char *version_id,
                      const char *label, struct version_row *out,
                      struct err *e);
/* With labels, newest first, without sealed values: at most `max` of those made
 * before `before_us`; no two of a secret are made at the same time.  *out_rows:
 * returned, free(). */
int store_version_page(struct store *s, int64_t id, bool include_deprecated,
                       int64_t before_us, size_t max,
                       struct version_row **out_rows, size_t *out_n,
                       struct err *e);
/* All of them. */
int store_version_list(struct store *s, int64_t id, bool include_deprecated,
                       struct version_row **out_rows, size_t *out_n,
                       struct err *e);
/* UpdateSecretVersionStage: from or to may be NULL.  ERR_PARAMETER when
 * `from` is not where the label is; the text is AWS's. */
int store_label_move(struct store *s, int64_t id, const char *label,
                     const char *from, const char *to, int64_t now_us,
                     struct err *e);
/* LastAccessedDate of a version and its secret (a replica's is its own), cut to
 * the day; writes only when the day is new for one of the two, and does not
 * wait for the disk. */
int store_version_touch(struct store *s, const struct secret_row *row,
                        const struct version_row *version, int64_t now_us,
                        struct err *e);
void version_row_release(struct version_row *row);

/* ---- rotation: rules --------------------------------------------------- */

/* Replaces the rules of a secret.  rules->next_due_us decides when. */
int store_rules_put(struct store *s, int64_t id, const struct rules_row *rules,
                    int64_t now_us, struct err *e);
/* ERR_NOT_FOUND: never configured. */
int store_rules_get(struct store *s, int64_t id, struct rules_row *out,
                    struct err *e);
/* `next` here and below: borrowed; NULL leaves next due time and window as
 * they are. */
int store_rules_pause(struct store *s, int64_t id, bool paused,
                      const struct next_due *next, struct err *e);

/* Moves the due time on, unless it is another one than the caller has seen. */
int store_rules_next(struct store *s, int64_t id, int64_t seen_due_us,
                     const struct next_due *next, struct err *e);

/* ---- rotation: jobs ---------------------------------------------------- */

/* Starts a rotation at job->created_us: one transaction makes the job (id and
 * fence are ignored; with an owner it is leased to that owner at once, fence
 * 1), its AWSPENDING placeholder version (a JOB_CHECK has none), and moves the
 * secret's next due time.  ERR_REQUEST when another rotation of the secret is
 * active, or AWSPENDING is on another version that is not AWSCURRENT (on this
 * one: the rotation is attempted again, and its value is kept); ERR_EXISTS
 * when the version id is taken.  A job that only waits to retire (wake_us is
 * not reached) is ended as superseded by a JOB_SCHEDULED or JOB_MANUAL. */
int store_job_start(struct store *s, const struct job_row *job,
                    const struct next_due *next, int64_t *out_id,
                    struct err *e);
/* The secrets that are due: enabled, not paused, not deleted, without an
 * active job, next_due_us <= now.  In order of due time. */
int store_due_list(struct store *s, int64_t now_us, struct due_row *out,
                   size_t max, size_t *out_n, struct err *e);
/* The earliest time at which anything wants the engine: a due secret, a job
 * that can be claimed, a purge.  0: nothing.  A job that somebody holds
 * can be claimed when both wake_us and its lease have passed: its holder has
 * a timer of its own, or saves it without a lease while it sleeps. */
int store_next_wake(struct store *s, const char *owner, int64_t *out_us,
                    struct err *e);
/* Leases active jobs with wake_us <= now (or with a cancel that nobody has
 * seen) whose lease has ended or never was: sets owner, lease_until_us,
 * fence+1.  *out: the claimed rows, the longest waiting first. */
int store_job_claim(struct store *s, const char *owner, int64_t now_us,
                    int64_t lease_us, struct job_row *out, size_t max,
                    size_t *out_n, struct err *e);
int store_lease_renew(struct store *s, const char *owner, int64_t until_us,
                      struct err *e);
/* At start: everything that `owner` held before is free again; NULL: what
 * anybody held. */
int store_lease_drop(struct store *s, const char *owner, struct err *e);
/* Nobody but this process can hold a lease now, whatever name an earlier one
 * went by: a container gets a new host name each time. */
bool store_is_alone(const struct store *s);

/* All below are fenced: ERR_FENCED when job->fence is not the row's any more,
 * and nothing changes then. */

/* Writes phase, flags, attempt, wake, last_* and lease of the job and, when
 * `attempt` is not NULL, one history row, in one transaction.  lease_until_us
 * 0 lets go of the job; otherwise a lease is never made shorter.  `cancel` is
 * not written: job->cancel says what the caller has seen of it. */
int store_job_save(struct store *s, const struct job_row *job,
                   const struct attempt_row *attempt, struct err *e);
/* The same, but a power cut may undo it until the next durable write of the
 * store, which makes both durable.  A crash of keyturnd alone undoes nothing.
 */
int store_job_save_soon(struct store *s, const struct job_row *job,
                        const struct attempt_row *attempt, struct err *e);
/* Gives the pending version its value.  A value that is there is kept
 * (*out_kept true). */
int store_job_put_pending(struct store *s, const struct job_row *job,
                          const struct version_put *put, bool *out_kept,
                          struct err *e);
/* Empties the pending placeholder again (POLICY: a new value is drawn). */
int store_job_drop_pending(struct store *s, const struct job_row *job,
                           struct err *e);
int store_job_note_put(struct store *s, const struct job_row *job,
                       const void *sealed, size_t len, struct err *e);
/* *out_sealed: returned, free().  ERR_NOT_FOUND: none. */
int store_job_note_get(struct store *s, const struct job_row *job,
                       unsigned char **out_sealed, size_t *out_len,
                       struct err *e);
/* The finishing transaction: AWSCURRENT to the pending version, AWSPREVIOUS to
 * the one that had it, AWSPENDING off, LastRotatedDate, what days are counted
 * from, next due time, the job as `job` says (its phase is retire or ended),
 * the note dropped, history and outbox. */
int store_job_finish(struct store *s, const struct job_row *job,
                     const struct attempt_row *attempt,
                     const struct next_due *next, int64_t now_us,
                     struct err *e);
/* Ends the job with job->outcome at job->ended_us.  keep_pending: a value that
 * may be live on the target stays under AWSPENDING; otherwise the label goes,
 * and with it a version that never had a value (of a JOB_TEST: any). */
int store_job_end(struct store *s, const struct job_row *job,
                  const struct attempt_row *attempt, bool keep_pending,
                  const struct next_due *next, struct err *e);

/* Asks a running job to stop: the engine sees it in job_row.cancel.  Not
 * fenced.  ERR_NOT_FOUND when none is active. */
int store_job_cancel(struct store *s, int64_t secret_id, enum job_cancel how,
                     struct err *e);
/* The active job, or the last one when none is active. */
int store_job_of_secret(struct store *s, int64_t secret_id, struct job_row *out,
                        struct err *e);
int store_job_by_id(struct store *s, int64_t job_id, struct job_row *out,
                    struct err *e);

/* ---- rotation: history ------------------------------------------------- */

/* The newest first; job_id 0: of all jobs of the secret; secret_id 0: of all
 * secrets; before_id 0: from the newest.  *out_rows: returned, free(). */
int store_attempt_list(struct store *s, int64_t secret_id, int64_t job_id,
                       int64_t before_id, size_t max,
                       struct attempt_row **out_rows, size_t *out_n,
                       struct err *e);
/* ---- events ------------------------------------------------------------ */

/* The oldest first, after `after_id`.  *out_rows: returned, free(). */
int store_event_list(struct store *s, int64_t after_id, size_t max,
                     struct event_row **out_rows, size_t *out_n, struct err *e);
/* Forgets those up to and with `id`: every sink has them. */
int store_event_trim(struct store *s, int64_t id, struct err *e);

/* ---- the audit trail --------------------------------------------------- */

/* ERR_NOT_FOUND without a text: there is no trail yet. */
int store_audit_get(struct store *s, struct audit_row *out, struct err *e);
/* The key of a new trail.  ERR_EXISTS: there is one. */
int store_audit_put(struct store *s, const void *sealed_key, size_t len,
                    struct err *e);
/* The end of the trail, as it is on the disk.  A power cut may undo it until
 * the next durable write of the store. */
int store_audit_end(struct store *s, int64_t sequence,
                    const unsigned char hash[32], int64_t digests,
                    struct err *e);
/* The same, and the events up to and with `event_id` are in the trail now:
 * both or neither. */
int store_audit_took(struct store *s, int64_t sequence,
                     const unsigned char hash[32], int64_t digests,
                     int64_t event_id, struct err *e);

/* ---- metering and metrics ---------------------------------------------- */

/* Adds calls and what was held, counts the secrets, moves the mark: one
 * transaction, which a power cut may undo.  *out_secrets: how many there are
 * now. */
int store_usage_add(struct store *s, const struct usage_row *calls,
                    size_t n_calls, const struct usage_held *held,
                    size_t n_held, int64_t counted_us, int64_t *out_secrets,
                    struct err *e);
int store_usage_mark(struct store *s, struct usage_mark *out, struct err *e);
/* The calls of a month by principal and action, after `after` (NULL: from the
 * first).  *out_rows: returned, free(). */
int store_usage_list(struct store *s, int64_t month,
                     const struct usage_row *after, size_t max,
                     struct usage_row **out_rows, size_t *out_n, struct err *e);
int store_usage_held(struct store *s, int64_t month, int64_t *out_secret_s,
                     struct err *e);

/* The attempts after `after_id`, the oldest first.  *out_rows: returned,
 * free(). */
int store_step_list(struct store *s, int64_t after_id, size_t max,
                    struct step_row **out_rows, size_t *out_n, struct err *e);
/* 0: there is none. */
int store_step_last(struct store *s, int64_t *out_id, struct err *e);
/* By rotator; reads every rule.  *out_rows: returned, free(). */
int store_rotator_list(struct store *s, size_t max,
                       struct rotator_row **out_rows, size_t *out_n,
                       struct err *e);
/* The jobs that somebody holds. */
int store_lease_count(struct store *s, int64_t now_us, int64_t *out,
                      struct err *e);

int store_counts(struct store *s, int64_t now_us, struct store_counts *out,
                 struct err *e);

#endif
