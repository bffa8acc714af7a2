/* Pages of secrets in each of their orders, and what belongs to the secrets of
 * a page: read in a statement each, however many secrets there are.
 *
 * A page begins after a place, not after a number of rows: what came or went
 * meanwhile moves nothing else.
 */
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>

#include "store/secrets.h"

void secret_place(const struct secret_row *row, enum secret_sort by,
                  struct secret_place *out)
{
  const int64_t keys[] = {
      [SECRET_BY_CREATED] = row->created_us,
      [SECRET_BY_ACCESSED] = row->accessed_us,
      [SECRET_BY_CHANGED] = row->changed_us,
      [SECRET_BY_NAME] = 0,
  };

  *out = (struct secret_place){.key = keys[by]};
  if (by == SECRET_BY_NAME)
    memcpy(out->name, row->name, sizeof out->name);
  else
    out->id = row->replica_id != 0 ? row->replica_id : row->id;
}

/* Between which name_keys a page is; borrowed by the open statement. */
struct name_range {
  char low[NAME_KEY_MAX], high[NAME_KEY_MAX];
};

static int open_by_name(struct rows *r, struct txn *t,
                        const struct secret_order *o,
                        const struct secret_place *after, size_t max,
                        struct name_range *range)
{
  name_key(o->region, "", range->low);
  name_key(o->region, "", range->high);
  range->high[strlen(range->high) - 1] = ':' + 1; /* behind the last one */
  if (after != NULL)
    name_key(o->region, after->name, o->descending ? range->high : range->low);
  return rows_open(
      r, t, o->descending ? SQL_SECRET_IN_ORDER_DESC : SQL_SECRET_IN_ORDER,
      arg_text(range->low), arg_text(range->high), arg_int(o->with_deleted),
      arg_int((int64_t)max));
}

static int open_by_time(struct rows *r, struct txn *t,
                        const struct secret_order *o,
                        const struct secret_place *after, size_t max)
{
  static const enum sql_id ids[][2] = {
      [SECRET_BY_CREATED] = {SQL_SECRET_BY_CREATED, SQL_SECRET_BY_CREATED_DESC},
      [SECRET_BY_ACCESSED] = {SQL_SECRET_BY_ACCESSED,
                              SQL_SECRET_BY_ACCESSED_DESC},
      [SECRET_BY_CHANGED] = {SQL_SECRET_BY_CHANGED, SQL_SECRET_BY_CHANGED_DESC},
  };
  int64_t end = o->descending ? INT64_MAX : INT64_MIN;

  return rows_open(r, t, ids[o->by][o->descending], arg_text(o->region),
                   arg_int(after == NULL ? end : after->key),
                   arg_int(after == NULL ? end : after->id),
                   arg_int(o->with_deleted), arg_int((int64_t)max));
}

static int page(struct txn *t, const struct secret_order *o,
                const struct secret_place *after, size_t max,
                struct secret_row *out, size_t *out_n)
{
  struct name_range range;
  struct rows r;
  size_t n = 0;
  int rc = o->by == SECRET_BY_NAME ? open_by_name(&r, t, o, after, max, &range)
                                   : open_by_time(&r, t, o, after, max);

  while (rc == 0 && n < max && (rc = rows_next(&r)) > 0) {
    secret_read(&r, &out[n++]);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

int store_secret_page(struct store *s, const struct secret_order *order,
                      const struct secret_place *after, size_t max,
                      struct secret_row **out_rows, size_t *out_n,
                      struct err *e)
{
  struct secret_row *rows = calloc(max + 1, sizeof *rows);
  struct txn t;
  int rc;

  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = page(&t, order, after, max, rows, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(rows);
    return rc;
  }
  *out_rows = rows;
  return 0;
}

/* ---- what belongs to them ------------------------------------------------ */

typedef void read_fn(struct rows *r, void *out);

/* What is read of each secret: at most so many rows of that size. */
struct kind {
  enum sql_id of_one, of_page;
  size_t most, size;
  read_fn *read;
};

static int read_page(struct txn *t, const struct kind *kind, const int64_t *ids,
                     size_t n_ids, unsigned char *out, size_t *out_n)
{
  struct sql_arg args[STORE_PAGE];
  struct rows r;
  size_t n = 0;
  int rc;

  for (size_t i = 0; i < STORE_PAGE; i++)
    args[i] = arg_int(i < n_ids ? ids[i] : 0); /* 0 is no secret's */
  rc = n_ids == 1 ? rows_open_args(&r, t, kind->of_one, args, 1)
                  : rows_open_args(&r, t, kind->of_page, args, STORE_PAGE);
  while (rc == 0 && n < n_ids * kind->most && (rc = rows_next(&r)) > 0) {
    kind->read(&r, out + n++ * kind->size);
    rc = 0;
  }
  rc = rows_close(&r, rc);
  if (rc == 0)
    *out_n = n;
  return rc;
}

static int page_of(struct store *s, const struct kind *kind, const int64_t *ids,
                   size_t n_ids, void **out, size_t *out_n, struct err *e)
{
  /* Costs no memory until rows are written, and each is read as a whole. */
  void *rows = malloc((n_ids * kind->most + 1) * kind->size);
  struct txn t;
  int rc;

  assert(n_ids <= STORE_PAGE);
  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  rc = txn_begin(s, false, &t, e);
  if (rc == 0)
    rc = read_page(&t, kind, ids, n_ids, rows, out_n);
  rc = txn_finish(&t, rc);
  if (rc != 0) {
    free(rows);
    return rc;
  }
  *out = rows;
  return 0;
}

static void read_tag(struct rows *r, void *out)
{
  struct tag_row *row = out;

  row->secret_id = row_int(r);
  row_array(r, row->tag.key);
  row_array(r, row->tag.value);
}

int store_page_tags(struct store *s, const int64_t *ids, size_t n,
                    struct tag_row **out, size_t *out_n, struct err *e)
{
  static const struct kind kind = {SQL_TAG_LIST, SQL_TAG_OF_PAGE, STORE_TAGS,
                                   sizeof(struct tag_row), read_tag};

  return page_of(s, &kind, ids, n, (void **)out, out_n, e);
}

static void read_stage(struct rows *r, void *out)
{
  struct stage_row *row = out;

  row->secret_id = row_int(r);
  row_array(r, row->version_id);
  row_array(r, row->label);
}

int store_page_stages(struct store *s, const int64_t *ids, size_t n,
                      struct stage_row **out, size_t *out_n, struct err *e)
{
  static const struct kind kind = {SQL_STAGE_LIST, SQL_STAGE_OF_PAGE,
                                   STORE_LABELS, sizeof(struct stage_row),
                                   read_stage};

  return page_of(s, &kind, ids, n, (void **)out, out_n, e);
}

static void read_rules(struct rows *r, void *out)
{
  struct secret_rules *row = out;

  row->secret_id = row_int(r);
  rules_read(r, &row->rules);
}

int store_page_rules(struct store *s, const int64_t *ids, size_t n,
                     struct secret_rules **out, size_t *out_n, struct err *e)
{
  static const struct kind kind = {SQL_RULES_LIST, SQL_RULES_OF_PAGE, 1,
                                   sizeof(struct secret_rules), read_rules};

  return page_of(s, &kind, ids, n, (void **)out, out_n, e);
}
