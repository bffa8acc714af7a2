/* Runs migrations: after a crash in one, the store is at the version before.
 */
#include "store/migrate.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fault.h"

#define SQL_MAX 65536

static int sql_of(const struct driver *driver, const struct migration *m,
                  int64_t number, struct buf *out, struct err *e)
{
  const char *p = m->sql, *mark;

  while ((mark = strstr(p, "@ID@")) != NULL) {
    buf_put(out, p, (size_t)(mark - p));
    buf_puts(out, driver->id_column);
    p = mark + 4;
  }
  buf_puts(out, p);
  buf_printf(out, "UPDATE schema_version SET version = %lld;\n",
             (long long)number);
  return buf_check(out, e);
}

static int run_one(const struct driver *driver, struct db *db, int64_t number,
                   struct err *e)
{
  CLEANUP_BUF struct buf sql;
  struct conn *conn;
  int rc;

  buf_init(&sql, SQL_MAX, false);
  rc = sql_of(driver, &migrations[number - 1], number, &sql, e);
  if (rc != 0 || (rc = driver->acquire(db, ACCESS_WRITE, &conn, e)) != 0)
    return rc;
  rc = driver->script(conn, sql.data, e);
  if (rc == 0 && fault_hit(FAULT_STORE_MIGRATE))
    rc = err_set(e, ERR_IO, "told to fail at store.migrate");
  if (rc == 0)
    rc = driver->commit(conn, e);
  driver->release(conn);
  return rc;
}

int migrate(const struct driver *driver, struct db *db, int64_t from,
            int64_t to, struct err *e)
{
  assert(from >= 0 && to <= migrations_count);
  for (int64_t n = from + 1; n <= to; n++)
    if (run_one(driver, db, n, e) != 0)
      return err_wrap(e, "schema change %s", migrations[n - 1].name);
  return 0;
}
