/* Making, opening and closing the store, and what it says about itself. */
#include "store/store.h"

#include <stdlib.h>

#include "store/migrate.h"
#include "store/txn.h"

#define CACHE_BYTES ((size_t)32 << 20)

static int meta_put(struct store *s, const struct meta_row *m, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, true, &t, e);

  if (rc == 0)
    rc = txn_exec(&t, SQL_META_PUT, arg_text(m->store_id), arg_text(m->region),
                  arg_text(m->account), arg_int(m->created_us),
                  arg_blob(m->key_check, m->key_check_len));
  return txn_finish(&t, rc);
}

int store_create(const char *path, const struct meta_row *meta, struct err *e)
{
  struct store s = {.driver = &driver_sqlite};
  int rc = s.driver->create(path, &s.db, e);

  if (rc != 0)
    return rc;
  rc = migrate(s.driver, s.db, 0, migrations_count, e);
  if (rc == 0)
    rc = meta_put(&s, meta, e);
  if (rc == 0)
    return s.driver->publish(s.db, e);
  s.driver->close(s.db);
  return rc;
}

static int version_get(struct store *s, int64_t *out, struct err *e)
{
  struct txn t;
  int rc = txn_begin(s, false, &t, e);

  if (rc == 0)
    rc = txn_int(&t, SQL_SCHEMA_GET, NULL, 0, out);
  return txn_finish(&t, rc);
}

static int meta_get(struct store *s, struct err *e)
{
  struct meta_row *m = &s->meta;
  struct txn t;
  struct rows r;
  int rc = txn_begin(s, false, &t, e);

  if (rc != 0)
    return rc;
  rc = rows_open_args(&r, &t, SQL_META_GET, NULL, 0);
  if (rc == 0 && (rc = rows_next(&r)) > 0) {
    row_array(&r, m->store_id);
    row_array(&r, m->region);
    row_array(&r, m->account);
    m->created_us = row_int(&r);
    m->key_check_len = row_bytes(&r, m->key_check, sizeof m->key_check);
  } else if (rc == 0)
    rc = err_set(e, ERR_CORRUPT, "the store has lost its description");
  rc = rows_close(&r, rc);
  return txn_finish(&t, rc > 0 ? 0 : rc);
}

static int bring_up(struct store *s, const char *path, struct err *e)
{
  int64_t version = 0;
  int rc = version_get(s, &version, e);

  if (rc != 0)
    return rc == -ERR_NOT_FOUND || rc == -ERR_INTERNAL
               ? err_set(e, ERR_CORRUPT, "%s is not a Keyturn store", path)
               : rc;
  if (version > migrations_count)
    return err_set(e, ERR_NEWER,
                   "%s has schema version %lld, and this keyturnd (" //
                   KEYTURN_VERSION ") knows up to %ld; run the version that "
                   "made it",
                   path, (long long)version, migrations_count);
  rc = migrate(s->driver, s->db, version, migrations_count, e);
  if (rc == 0)
    rc = meta_get(s, e);
  s->meta.schema_version = migrations_count;
  return rc;
}

int store_open(const char *path, struct store **out, struct err *e)
{
  struct store *s = calloc(1, sizeof *s);
  int rc;

  if (s == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  s->driver = &driver_sqlite;
  rc = s->driver->open(path, &s->db, e);
  if (rc == 0)
    rc = bring_up(s, path, e);
  if (rc == 0 && s->driver->is_alone)
    rc = cache_new(CACHE_BYTES, &s->cache, e);
  if (rc != 0) {
    store_close(s);
    return rc;
  }
  *out = s;
  return 0;
}

void store_close(struct store *s)
{
  if (s == NULL)
    return;
  if (s->db != NULL)
    s->driver->close(s->db);
  cache_free(s->cache);
  free(s);
}

void store_meta(struct store *s, struct meta_row *out)
{
  *out = s->meta;
}

bool store_is_alone(const struct store *s)
{
  return s->driver->is_alone;
}

uint64_t store_change_count(struct store *s)
{
  return s->driver->change_count(s->db);
}

int store_check(struct store *s, struct err *e)
{
  return s->driver->check(s->db, e);
}
