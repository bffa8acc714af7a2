/* Policies of users, groups and roles: inline ones, attached ones, and all
 * that decides about one of them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/iam_txn.h"

#define OWNERS_MAX 6300 /* users, groups and roles of an account */

void iam_documents_release(struct iam_documents *d)
{
  for (size_t i = 0; i < d->n; i++)
    free(d->list[i].text);
  free(d->list);
  *d = (struct iam_documents){0};
}

void iam_rights_release(struct iam_rights *r)
{
  if (r == NULL)
    return;
  iam_documents_release(&r->identity);
  free(r->boundary);
  r->boundary = NULL;
}

size_t iam_document_bytes(const char *text)
{
  size_t n = 0;

  for (; *text != '\0'; text++)
    n += !isspace((unsigned char)*text);
  return n;
}

/* ---- reading --------------------------------------------------------------
 */

static int document_read(struct rows *r, const char *prefix,
                         struct iam_documents *out)
{
  struct iam_document *list =
      realloc(out->list, (out->n + 1) * sizeof *out->list);
  char name[IAM_NAME_MAX];
  unsigned char *text;
  size_t len;
  int rc;

  if (list == NULL)
    return err_set(r->t->e, ERR_NOMEM, "out of memory");
  out->list = list;
  list[out->n] = (struct iam_document){0};
  row_array(r, name);
  row_array(r, list[out->n].arn);
  rc = row_copy(r, &text, &len);
  if (rc != 0)
    return rc;
  (void)snprintf(list[out->n].name, sizeof list[out->n].name, "%s%s", prefix,
                 name); /* the prefix is of our making, and fits */
  list[out->n++].text = (char *)text;
  return 0;
}

int iam_documents_read(struct txn *t, enum sql_id id, int64_t owner_id,
                       const char *prefix, struct iam_documents *out)
{
  struct rows r;
  int rc = rows_open(&r, t, id, arg_int(owner_id));

  while (rc == 0 && (rc = rows_next(&r)) > 0)
    rc = document_read(&r, prefix, out);
  return rows_close(&r, rc);
}

/* The policies of one owner, named for people: "user/app: read" for an inline
 * one, "group/ops: policy/read" for a managed one. */
static int owner_read(struct txn *t, const struct iam_entity *owner,
                      struct iam_documents *out)
{
  char prefix[160];
  int rc;

  (void)snprintf(prefix, sizeof prefix, "%s/%s: ", iam_kind_name(owner->kind),
                 owner->name);
  rc = iam_documents_read(t, SQL_IAM_INLINE_LIST, owner->id, prefix, out);
  (void)snprintf(prefix, sizeof prefix, "%s/%s: policy/",
                 iam_kind_name(owner->kind), owner->name);
  if (rc == 0)
    rc = iam_documents_read(t, SQL_IAM_ATTACHED_LIST, owner->id, prefix, out);
  return rc;
}

static int groups_read(struct txn *t, struct iam_rights *out)
{
  struct iam_entity *groups = NULL;
  size_t n = 0;
  int rc = iam_list(t, SQL_IAM_GROUPS_OF, SQL_ARGS(arg_int(out->entity.id)),
                    IAM_GROUPS, &groups, &n);

  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = owner_read(t, &groups[i], &out->identity);
  free(groups);
  return rc;
}

static int boundary_read(struct txn *t, struct iam_rights *out)
{
  struct rows r;
  size_t len;
  int rc = rows_open(&r, t, SQL_IAM_DOCUMENT, arg_int(out->entity.boundary_id));

  if (rc == 0 && (rc = rows_next(&r)) > 0)
    rc = row_copy(&r, (unsigned char **)&out->boundary, &len);
  else if (rc == 0)
    rc = err_set(t->e, ERR_CORRUPT, "the permissions boundary of %s is gone",
                 out->entity.arn);
  return rows_close(&r, rc);
}

static int rights_read(struct txn *t, int64_t id, struct iam_rights *out)
{
  int rc = iam_find(t, SQL_IAM_BY_ID, SQL_ARGS(arg_int(id)), &out->entity);

  if (rc == -ERR_NO_ENTITY)
    return err_set(t->e, ERR_NO_ENTITY, "It was deleted meanwhile.");
  if (rc == 0)
    rc = owner_read(t, &out->entity, &out->identity);
  if (rc == 0 && out->entity.kind == IAM_USER)
    rc = groups_read(t, out);
  if (rc == 0 && out->entity.boundary_id != 0)
    rc = boundary_read(t, out);
  if (rc == 0)
    rc = iam_tags_read(t, id, out->tags, STORE_TAGS, &out->n_tags);
  return rc;
}

int store_iam_rights(struct store *s, int64_t id, struct iam_rights *out,
                     struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  *out = (struct iam_rights){0};
  if (rc == 0)
    rc = rights_read(&t, id, out);
  rc = txn_finish(&t, rc);
  if (rc != 0)
    iam_rights_release(out);
  return rc;
}

int store_iam_policies(struct store *s, int64_t owner_id,
                       struct iam_documents *out, struct err *e)
{
  struct iam_documents list = {0};
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_documents_read(&t, SQL_IAM_INLINE_LIST, owner_id, "", &list);
  if (rc == 0)
    rc = iam_documents_read(&t, SQL_IAM_ATTACHED_LIST, owner_id, "", &list);
  rc = txn_finish(&t, rc);
  if (rc != 0)
    iam_documents_release(&list);
  else
    *out = list;
  return rc;
}

int store_iam_attached_to(struct store *s, int64_t policy_id,
                          struct iam_entity **out, size_t *out_n, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = iam_list(&t, SQL_IAM_ATTACHED_TO, SQL_ARGS(arg_int(policy_id)),
                  OWNERS_MAX, out, out_n);
  return txn_finish(&t, rc);
}

/* ---- inline ---------------------------------------------------------------
 */

static int inline_missing(struct txn *t, const struct iam_entity *owner,
                          const char *name)
{
  return err_set(t->e, ERR_NO_ENTITY,
                 "The %s policy with name %.128s cannot be found.",
                 iam_kind_name(owner->kind), name);
}

static int inline_fits(struct txn *t, const struct iam_entity *owner,
                       size_t bytes_max)
{
  struct iam_documents all = {0};
  size_t bytes = 0, n;
  int rc = iam_documents_read(t, SQL_IAM_INLINE_LIST, owner->id, "", &all);

  for (size_t i = 0; i < all.n; i++)
    bytes += iam_document_bytes(all.list[i].text);
  n = all.n;
  iam_documents_release(&all);
  if (rc == 0 && (bytes > bytes_max || n > IAM_INLINE_MAX))
    rc = err_set(t->e, ERR_LIMIT,
                 "Maximum policy size of %zu bytes exceeded for %s %s",
                 bytes_max, iam_kind_name(owner->kind), owner->name);
  return rc;
}

int store_iam_inline_put(struct store *s, const struct iam_entity *owner,
                         const char *name, const char *document,
                         size_t bytes_max, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_INLINE_PUT, arg_int(owner->id), arg_text(name),
                  arg_text(document));
  if (rc == 0)
    rc = inline_fits(&t, owner, bytes_max);
  return txn_finish(&t, rc);
}

int store_iam_inline_get(struct store *s, const struct iam_entity *owner,
                         const char *name, char **out, struct err *e)
{
  struct txn t;
  struct rows r;
  unsigned char *text = NULL;
  size_t len;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc =
      rows_open(&r, &t, SQL_IAM_INLINE_GET, arg_int(owner->id), arg_text(name));
  if (rc == 0 && (rc = rows_next(&r)) > 0)
    rc = row_copy(&r, &text, &len);
  else if (rc == 0)
    rc = inline_missing(&t, owner, name);
  rc = txn_finish(&t, rows_close(&r, rc));
  if (rc != 0) {
    free(text);
    return rc;
  }
  *out = (char *)text;
  return 0;
}

int store_iam_inline_remove(struct store *s, const struct iam_entity *owner,
                            const char *name, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc =
        txn_exec(&t, SQL_IAM_INLINE_REMOVE, arg_int(owner->id), arg_text(name));
  if (rc == 0 && t.changed == 0)
    rc = inline_missing(&t, owner, name);
  return txn_finish(&t, rc);
}

/* ---- managed --------------------------------------------------------------
 */

int store_iam_attach(struct store *s, const struct iam_entity *owner,
                     int64_t policy_id, struct err *e)
{
  static const char *const quota[] = {
      [IAM_USER] = "PoliciesPerUser",
      [IAM_GROUP] = "PoliciesPerGroup",
      [IAM_ROLE] = "PoliciesPerRole",
  };
  struct txn t;
  int64_t n = 0;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_ATTACH, arg_int(owner->id), arg_int(policy_id));
  if (rc == 0)
    rc = txn_int(&t, SQL_IAM_ATTACHED_COUNT, SQL_ARGS(arg_int(owner->id)), &n);
  if (rc == 0 && n > IAM_ATTACHED)
    rc = err_set(e, ERR_LIMIT, "Cannot exceed quota for %s: %d",
                 quota[owner->kind], IAM_ATTACHED);
  return txn_finish(&t, rc);
}

int store_iam_detach(struct store *s, const struct iam_entity *owner,
                     const struct iam_entity *policy, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_IAM_DETACH, arg_int(owner->id), arg_int(policy->id));
  if (rc == 0 && t.changed == 0)
    rc = err_set(e, ERR_NO_ENTITY, "Policy %s was not found.", policy->arn);
  return txn_finish(&t, rc);
}
