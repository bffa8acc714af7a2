/* Connections to SQLite, how each is set up, and what its codes mean. */
#include "store/sqlite_conn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

bool sqlite_sync_failed(int rc)
{
  return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

static bool no_space(int rc, int os_error)
{
  return rc == SQLITE_FULL ||
         ((rc & 0xff) == SQLITE_IOERR &&
          (os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG));
}

static int not_ours(const char *path, struct err *e)
{
  return err_set(e, ERR_CORRUPT,
                 "%s is not a Keyturn store; set store to the right file, or "
                 "restore it from a backup",
                 path);
}

static int not_writable(const char *path, const char *why, struct err *e)
{
  return err_set(e, ERR_IO,
                 "%s: %s; it and its folder must be writable for the user that "
                 "keyturnd runs as (uid %ld)",
                 path, why, (long)geteuid());
}

/* SQLite's extended code to ours. */
int sqlite_fail(struct conn *c, int rc, struct err *e)
{
  const char *path = c->db->path, *text = sqlite3_errmsg(c->sqlite);

  c->failed = true;
  if (sqlite_sync_failed(rc)) {
    atomic_store(&c->db->stopped, true);
    return err_set(e, ERR_IO,
                   "the disk with %s could not make a write durable; nothing "
                   "more is written until keyturnd is started again",
                   path);
  }
  if (no_space(rc, sqlite3_system_errno(c->sqlite)))
    return err_set(e, ERR_FULL,
                   "the disk with %s is full; nothing was changed; free space "
                   "and repeat",
                   path);
  switch (rc & 0xff) {
  case SQLITE_CORRUPT:
    return err_set(e, ERR_CORRUPT,
                   "%s is damaged (%s); restore it from a "
                   "backup",
                   path, text);
  case SQLITE_NOTADB:
    return not_ours(path, e);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return err_set(e, ERR_BUSY, "%s is locked by another program", path);
  case SQLITE_NOMEM:
    return err_set(e, ERR_NOMEM, "out of memory");
  case SQLITE_CONSTRAINT:
    return err_set(e,
                   rc == SQLITE_CONSTRAINT_UNIQUE ||
                           rc == SQLITE_CONSTRAINT_PRIMARYKEY
                       ? ERR_EXISTS
                       : ERR_INTERNAL,
                   "%s: %s", path, text);
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
    return not_writable(path, text, e);
  case SQLITE_IOERR:
    return err_set(e, ERR_IO, "%s: %s (%s)", path, text,
                   strerror(sqlite3_system_errno(c->sqlite)));
  default:
    return err_set(e, ERR_INTERNAL, "%s: %s", path, text);
  }
}

int sqlite_exec(struct conn *c, const char *sql, struct err *e)
{
  int rc = sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL);

  return rc == SQLITE_OK ? 0 : sqlite_fail(c, rc, e);
}

void sqlite_conn_free(struct conn *c)
{
  if (c == NULL)
    return;
  for (int i = 0; i < SQL_COUNT; i++)
    (void)sqlite3_finalize(c->stmts[i].sqlite); /* repeats an old error */
  if (c->sqlite != NULL) {
    int rc = sqlite3_close(c->sqlite);

    assert(rc == SQLITE_OK); /* else a statement is still open */
  }
  free(c);
}

static int check_id(struct conn *c, struct err *e)
{
  sqlite3_stmt *stmt;
  int rc =
      sqlite3_prepare_v2(c->sqlite, "PRAGMA application_id", -1, &stmt, NULL);

  if (rc == SQLITE_OK)
    rc = sqlite3_step(stmt);
  if (rc != SQLITE_ROW)
    rc = sqlite_fail(c, rc, e);
  else if (strcmp((const char *)sqlite3_column_text(stmt, 0),
                  SQLITE_STORE_ID) != 0)
    rc = not_ours(c->db->path, e);
  else
    rc = 0;
  (void)sqlite3_finalize(stmt); /* repeats the error */
  return rc;
}

/* Remembers the size of the log; called inside COMMIT of the writer. */
static int on_wal(void *arg, sqlite3 *sqlite, const char *name, int pages)
{
  (void)sqlite;
  (void)name;
  ((struct db *)arg)->wal_pages = pages;
  return SQLITE_OK;
}

int sqlite_conn_new(struct db *db, bool writes, struct conn **out,
                    struct err *e)
{
  int rc, flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                  (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  struct conn *c = calloc(1, sizeof *c);

  if (c == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  c->db = db;
  c->writes = writes;
  /* SQLite would notice too, but leave files beside that have the same mode
   * and still are in the way when this one is put right. */
  if (writes && faccessat(AT_FDCWD, db->path, R_OK | W_OK, AT_EACCESS) != 0) {
    rc = not_writable(db->path, strerror(errno), e);
    sqlite_conn_free(c);
    return rc;
  }
  rc = sqlite3_open_v2(db->path, &c->sqlite, flags, NULL);
  if (rc != SQLITE_OK) {
    rc = c->sqlite == NULL ? err_set(e, ERR_NOMEM, "out of memory")
                           : sqlite_fail(c, rc, e);
    sqlite_conn_free(c);
    return rc;
  }
  (void)sqlite3_busy_timeout(c->sqlite, BUSY_MS); /* cannot fail */
  (void)sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  rc = sqlite_exec(c,
                   "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
                   "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
                   e);
  if (rc == 0 && db->final_path == NULL) /* before anything is changed */
    rc = check_id(c, e);
  if (rc == 0)
    rc = writes ? sqlite_exec(c,
                              "PRAGMA journal_mode = WAL; PRAGMA synchronous = "
                              "FULL; PRAGMA foreign_keys = ON; "
                              "PRAGMA wal_autocheckpoint = 0; "
                              "PRAGMA journal_size_limit = 67108864;",
                              e)
                : sqlite_exec(c, "PRAGMA query_only = ON;", e);
  if (rc != 0) {
    sqlite_conn_free(c);
    return rc;
  }
  if (writes)
    (void)sqlite3_wal_hook(c->sqlite, on_wal, db); /* gives the old hook */
  *out = c;
  return 0;
}

void sqlite_end_txn(struct conn *c)
{
  if (!c->in_txn)
    return;
  /* Fails only where SQLite has rolled back by itself. */
  (void)sqlite3_exec(c->sqlite, "ROLLBACK", NULL, NULL, NULL);
  c->in_txn = false;
}
