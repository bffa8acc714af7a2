/* BatchGetSecretValue: up to twenty values in one reply, by a list of secrets
 * or by filters.  What cannot be given of one secret is said in its place and
 * keeps nobody from the others.
 */
#include <stdlib.h>
#include <string.h>

#include "api/authorize.h"
#include "api/found.h"
#include "api/ops.h"
#include "api/page.h"
#include "api/trail.h"
#include "api/value_entry.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "secret/resolve.h"

#define BATCH_MAX    20
#define ERRORS_BYTES (BATCH_MAX * (6 * 2048 + 2 * ERR_TEXT_MAX))

struct batch {
  struct buf errors; /* the elements of the list Errors */
  size_t n;          /* values written */
};

static bool is_given(struct call *c, const char *member)
{
  const json_t *v = json_object_get(c->in, member);

  return v != NULL && !json_is_null(v);
}

static void error_write(struct batch *b, const char *id, const struct err *e)
{
  buf_puts(&b->errors, b->errors.len > 0 ? ",{" : "{");
  buf_json_str(&b->errors, "SecretId", id);
  buf_json_str(&b->errors, "ErrorCode", err_fault(e->code));
  buf_json_str(&b->errors, "Message", e->text);
  buf_putc(&b->errors, '}');
}

static int live(const struct secret_row *row, struct err *e)
{
  return row->deleted_us == 0
             ? 0
             : err_set(e, ERR_REQUEST,
                       "You can't perform this operation on the secret "
                       "because it was marked for deletion.");
}

/* c->e is the caller's own for the time of one secret. */
static int value_write(struct call *c, struct batch *b,
                       const struct secret_row *row)
{
  int rc = live(row, c->e);

  if (rc != 0)
    return rc;
  if (b->n > 0)
    buf_putc(c->out, ',');
  rc = value_entry(c, row, NULL, NULL);
  if (rc == 0)
    b->n++;
  else if (b->n > 0)
    c->out->data[--c->out->len] = '\0'; /* the comma came too early */
  return rc;
}

/* Who may not read it is not told whether it is there. */
static int value_of(struct call *c, struct batch *b, const char *spelled,
                    const struct secret_row *row)
{
  int rc = authorize_secret(c, "secretsmanager:GetSecretValue", spelled, row);

  return rc == 0 && row != NULL ? value_write(c, b, row) : rc;
}

/* "Secrets Manager generates CloudTrail GetSecretValue log entries for each
 * secret you request" (model).  A fault of ours ends the whole call: it would
 * meet the next secret, too. */
static int after_one(struct call *c, struct batch *b, const char *id,
                     const struct secret_row *row, const struct err *e, int rc)
{
  int written = trail_write_value(c, id, row, rc == 0 ? NULL : e, c->e);

  if (written != 0 || rc == 0)
    return written;
  if (err_status(e->code) >= 500)
    return err_set(c->e, e->code, "%s", e->text);
  if (e->code == ERR_DECRYPT) /* not the client's doing */
    log_error("api_fault", log_str("target", c->op->target),
              log_str("code", err_name(e->code)), log_str("error", e->text));
  error_write(b, id, e);
  return 0;
}

static int one_of_list(struct call *c, struct batch *b, const char *id,
                       struct secret_row *row, bool *out_found)
{
  struct err missing = {0};
  int rc = secret_resolve(c->api->store, c->region, id, row, &missing);

  *out_found = rc == 0;
  if (rc == 0)
    return value_of(c, b, id, row);
  if (rc == -ERR_NOT_FOUND && value_of(c, b, id, NULL) != 0)
    return -(int)c->e->code;
  return err_set(c->e, missing.code, "%s", missing.text);
}

static int by_list(struct call *c, struct batch *b)
{
  const json_t *list = json_object_get(c->in, "SecretIdList"), *item;
  struct secret_row row;
  size_t i;

  json_array_foreach (list, i, item) {
    const char *id = json_string_value(item);
    struct err *e = c->e, own = {0};
    bool found;
    int rc;

    c->e = &own;
    rc = one_of_list(c, b, id, &row, &found);
    c->e = e;
    rc = after_one(c, b, id, found ? &row : NULL, &own, rc);
    if (rc != 0)
      return rc;
  }
  return 0;
}

static int by_filters(struct call *c, struct batch *b, struct found *found)
{
  const struct secret_order order = {c->region, SECRET_BY_CREATED, false,
                                     false};
  const struct secret_place *after;
  struct secret_place place;
  struct filters filters;
  int64_t max = json_int(c->in, "MaxResults", BATCH_MAX);
  int rc = filters_read(c, &filters);

  if (rc == 0)
    rc = page_after(c, &place, &after);
  if (rc == 0)
    rc = found_page(c, &order, &filters, after, (size_t)max, found);
  for (size_t i = 0; rc == 0 && i < found->n; i++) {
    struct err *e = c->e, own = {0};

    c->e = &own;
    rc = value_of(c, b, found->rows[i].arn, &found->rows[i]);
    c->e = e;
    rc = after_one(c, b, found->rows[i].arn, &found->rows[i], &own, rc);
  }
  return rc;
}

/* "You must include Filters or SecretIdList, but not both" and "To use this
 * parameter [MaxResults], you must also use the Filters parameter" (model). */
static int check(struct call *c)
{
  bool has_list = is_given(c, "SecretIdList"),
       has_filters = is_given(c, "Filters");

  if (has_list == has_filters)
    return err_set(c->e, ERR_PARAMETER,
                   "Either 'SecretIdList' or 'Filters' must be provided, but "
                   "not both.");
  if (has_list && is_given(c, "MaxResults"))
    return err_set(c->e, ERR_PARAMETER,
                   "'Filters' not specified. 'Filters' must also be specified "
                   "when 'MaxResults' is provided.");
  return 0;
}

int op_batch_get_secret_value(struct call *c)
{
  struct batch b = {.n = 0};
  struct found found = {0};
  int rc = check(c);

  if (rc != 0)
    return rc;
  buf_init(&b.errors, ERRORS_BYTES, false);
  buf_puts(c->out, "{\"SecretValues\":[");
  rc = is_given(c, "SecretIdList") ? by_list(c, &b) : by_filters(c, &b, &found);
  buf_putc(c->out, ']');
  if (rc == 0 && found.has_more)
    rc = page_put_next(c, &found.next);
  buf_json_key(c->out, "Errors");
  buf_putc(c->out, '[');
  buf_put(c->out, b.errors.data, b.errors.len);
  buf_puts(c->out, "]}");
  if (rc == 0)
    rc = buf_check(&b.errors, c->e);
  buf_release(&b.errors);
  free(found.rows);
  return rc;
}
