/* The audit trail's key and the trail's end. */
#include "store/txn.h"

static int audit_get(struct txn *t, struct audit_row *out)
{
  struct rows r;
  size_t hash_len = 0;
  int rc = rows_open_args(&r, t, SQL_AUDIT_GET, NULL, 0);

  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    out->sealed_len = row_bytes(&r, out->sealed_key, sizeof out->sealed_key);
    out->sequence = row_int(&r);
    hash_len = row_bytes(&r, out->hash, sizeof out->hash);
    out->digests = row_int(&r);
    rc = hash_len == sizeof out->hash
             ? 0
             : err_set(t->e, ERR_CORRUPT, "the audit trail's row is damaged");
  } else if (rc == 0) {
    rc = -ERR_NOT_FOUND;
  }
  return rows_close(&r, rc);
}

int store_audit_get(struct store *s, struct audit_row *out, struct err *e)
{
  struct audit_row row = {0};
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = audit_get(&t, &row);
  rc = txn_finish(&t, rc);
  if (rc == 0)
    *out = row;
  return rc;
}

int store_audit_put(struct store *s, const void *sealed_key, size_t len,
                    struct err *e)
{
  static const unsigned char none[32] = {0};
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_AUDIT_PUT, arg_blob(sealed_key, len),
                  arg_blob(none, sizeof none));
  return txn_finish(&t, rc);
}

static int audit_end(struct txn *t, int64_t sequence,
                     const unsigned char hash[32], int64_t digests)
{
  return txn_exec(t, SQL_AUDIT_END, arg_int(sequence), arg_blob(hash, 32),
                  arg_int(digests));
}

int store_audit_end(struct store *s, int64_t sequence,
                    const unsigned char hash[32], int64_t digests,
                    struct err *e)
{
  struct txn t;
  int rc = txn_begin_soon(s, &t, e);

  if (rc == 0)
    rc = audit_end(&t, sequence, hash, digests);
  return txn_finish(&t, rc);
}

int store_audit_took(struct store *s, int64_t sequence,
                     const unsigned char hash[32], int64_t digests,
                     int64_t event_id, struct err *e)
{
  struct txn t;
  int rc = txn_begin_soon(s, &t, e);

  if (rc == 0)
    rc = audit_end(&t, sequence, hash, digests);
  if (rc == 0)
    rc = txn_exec(&t, SQL_EVENT_TRIM, arg_int(event_id));
  return txn_finish(&t, rc);
}
