/* The label rules.  The numbers of AWS's behaviours, where they come from,
 * stand behind each.
 *
 * 1. A label is on at most one version of a secret; to attach it is to move
 *    it (22).
 * 2. When AWSCURRENT moves, the version that loses it gets AWSPREVIOUS (21,
 *    26) ...
 * 3. ... and loses AWSPENDING, but keeps its own labels (21a).  AWSPENDING on
 *    the version that gains AWSCURRENT stays (26); the finishing transaction
 *    of a rotation takes it off itself (48).
 * 4. A value put without labels gets AWSCURRENT (21).
 * 5. The first value of a secret, when nothing has AWSCURRENT, gets it besides
 *    what it names (20).
 * 6. A secret has at most STORE_LABELS labels (28).
 * 7. To move a label that is attached, the caller names the version that has
 *    it (25).  AWSCURRENT moves, but is never taken away.
 */
#include "store/labels.h"

#include "store/secrets.h"

int label_holder(struct txn *t, int64_t id, const char *label,
                 char out[STORE_ID_MAX])
{
  int rc = txn_text(t, SQL_LABEL_HOLDER, SQL_ARGS(arg_int(id), arg_text(label)),
                    out, STORE_ID_MAX);

  if (rc != -ERR_NOT_FOUND)
    return rc;
  out[0] = '\0';
  return 0;
}

static int put(struct txn *t, int64_t id, const char *label,
               const char *version_id)
{
  return txn_exec(t, SQL_LABEL_PUT, arg_int(id), arg_text(label),
                  arg_text(version_id));
}

int label_remove(struct txn *t, int64_t id, const char *label,
                 const char *version_id)
{
  return txn_exec(t, SQL_LABEL_REMOVE, arg_int(id), arg_text(label),
                  arg_text(version_id));
}

/* Rules 2 and 3. */
static int current_lost(struct txn *t, int64_t id, const char *loser)
{
  int rc = put(t, id, LABEL_PREVIOUS, loser);

  return rc == 0 ? label_remove(t, id, LABEL_PENDING, loser) : rc;
}

int label_attach(struct txn *t, int64_t id, const char *label,
                 const char *version_id)
{
  char holder[STORE_ID_MAX];
  int rc = label_holder(t, id, label, holder);

  if (rc != 0 || strcmp(holder, version_id) == 0)
    return rc;
  rc = put(t, id, label, version_id);
  if (rc == 0 && holder[0] != '\0' && strcmp(label, LABEL_CURRENT) == 0)
    rc = current_lost(t, id, holder);
  return rc;
}

int label_check_count(struct txn *t, int64_t id)
{
  int64_t n;
  int rc = txn_int(t, SQL_LABEL_COUNT, SQL_ARGS(arg_int(id)), &n);

  if (rc == 0 && n > STORE_LABELS)
    rc = err_set(t->e, ERR_LIMIT,
                 "A secret can have no more than %d staging labels.",
                 STORE_LABELS);
  return rc;
}

static int must_name_holder(struct txn *t, const char *label,
                            const char *holder)
{
  return err_set(t->e, ERR_PARAMETER,
                 "The parameter RemoveFromVersionId can't be empty. Staging "
                 "label %s is currently attached to version %s, so you must "
                 "explicitly reference that version in RemoveFromVersionId.",
                 label, holder);
}

/* Rule 7, before anything is moved. */
static int check_move(struct txn *t, const char *label, const char *holder,
                      const char *from, const char *to)
{
  if (from == NULL && to == NULL)
    return err_set(t->e, ERR_PARAMETER,
                   "You must provide RemoveFromVersionId or MoveToVersionId.");
  if (from != NULL && strcmp(from, holder) != 0)
    return holder[0] != '\0'
               ? must_name_holder(t, label, holder)
               : err_set(t->e, ERR_PARAMETER,
                         "The staging label %s isn't attached to version %s.",
                         label, from);
  if (from == NULL && holder[0] != '\0' && strcmp(holder, to) != 0)
    return must_name_holder(t, label, holder);
  if (to == NULL && strcmp(label, LABEL_CURRENT) == 0)
    return err_set(t->e, ERR_PARAMETER,
                   "You can only move staging label AWSCURRENT to a different "
                   "secret version. It can't be completely removed.");
  return 0;
}

static int check_target(struct txn *t, int64_t id, const char *label,
                        const char *to)
{
  int rc = version_find(t, id, to);

  if (rc == -ERR_NOT_FOUND)
    return err_set(t->e, ERR_NOT_FOUND,
                   "Secrets Manager can't find the specified secret value for "
                   "VersionId: %s",
                   to);
  if (rc == 0 && strcmp(label, LABEL_CURRENT) == 0)
    return err_set(t->e, ERR_REQUEST,
                   "You can't move AWSCURRENT to version %s: it has no value.",
                   to);
  return rc < 0 ? rc : 0;
}

static int move(struct txn *t, int64_t id, const char *label, const char *from,
                const char *to, int64_t now_us)
{
  char holder[STORE_ID_MAX];
  int rc = txn_exec(t, SQL_SECRET_CHANGED, arg_int(id), arg_int(now_us));

  if (rc == 0 && t->changed == 0)
    rc = secret_missing(t);
  if (rc != 0 || (rc = label_holder(t, id, label, holder)) != 0 ||
      (rc = check_move(t, label, holder, from, to)) != 0)
    return rc;
  if (to == NULL)
    return label_remove(t, id, label, holder);
  rc = check_target(t, id, label, to);
  if (rc == 0)
    rc = label_attach(t, id, label, to);
  if (rc == 0)
    rc = label_check_count(t, id);
  return rc;
}

int store_label_move(struct store *s, int64_t id, const char *label,
                     const char *from, const char *to, int64_t now_us,
                     struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = move(&t, id, label, from, to, now_us);
  return txn_finish(&t, rc);
}
