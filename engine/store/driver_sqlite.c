/* SQLite as the store's database: one file, one process.
 *
 * Exactly one connection writes and checkpoints, behind a mutex (SQLite 3.40
 * has the WAL-reset bug, which needs two).  Readers come from a pool.  A
 * reader that goes back keeps its read transaction, and the next one goes on
 * with it when nothing was committed since: the file locks of a new one cost
 * ten times the read.  Before a checkpoint the idle ones let go of theirs.
 *
 * Lock order: writing, then pool.  After a failed fsync nobody knows what is
 * on the disk, so nothing is written any more until a restart reads it.
 */
#include "store/driver.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "store/file.h"

#define READERS_MAX      32
#define CHECKPOINT_PAGES 1000
#define BUSY_MS          5000
#define SQL_LEN_MAX      2048
#define PRAGMA_ID        "1265914740" /* "KtSt" */

struct stmt {
  sqlite3_stmt *sqlite; /* prepared at first use */
  struct conn *conn;
  bool is_open;
};

struct conn {
  struct db *db;
  sqlite3 *sqlite;
  bool writes, in_txn, failed;
  uint64_t seen; /* change count before the read transaction began */
  struct conn *next;
  struct stmt stmts[SQL_COUNT];
};

struct db {
  char *path, *final_path; /* final_path: while it is being created */
  int lock_fd;
  pthread_mutex_t writing, pool;
  pthread_cond_t returned;
  struct conn *writer;
  struct conn *idle; /* a stack: the warmest cache first */
  int readers;
  int wal_pages;
  _Atomic uint64_t changes;
  _Atomic bool stopped;
};

static const char *const texts[SQL_COUNT] = {
#define X(id, text) [id] = text,
    SQL_TABLE(X)
#undef X
};

static bool sync_failed(int rc)
{
  return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

static bool no_space(int rc, int os_error)
{
  return rc == SQLITE_FULL ||
         ((rc & 0xff) == SQLITE_IOERR &&
          (os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG));
}

/* SQLite's extended code to ours. */
static int fail(struct conn *c, int rc, struct err *e)
{
  const char *path = c->db->path, *text = sqlite3_errmsg(c->sqlite);

  c->failed = true;
  if (sync_failed(rc)) {
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
    return err_set(e, ERR_CORRUPT, "%s is not a Keyturn store", path);
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
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
    return err_set(e, ERR_IO, "%s: %s (%s)", path, text,
                   strerror(sqlite3_system_errno(c->sqlite)));
  default:
    return err_set(e, ERR_INTERNAL, "%s: %s", path, text);
  }
}

/* ---- connections ------------------------------------------------------- */

static int simple(struct conn *c, const char *sql, struct err *e)
{
  int rc = sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL);

  return rc == SQLITE_OK ? 0 : fail(c, rc, e);
}

static void conn_free(struct conn *c)
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
    rc = fail(c, rc, e);
  else if (strcmp((const char *)sqlite3_column_text(stmt, 0), PRAGMA_ID) != 0)
    rc = err_set(e, ERR_CORRUPT, "%s is not a Keyturn store", c->db->path);
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

static int conn_new(struct db *db, bool writes, struct conn **out,
                    struct err *e)
{
  int rc, flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                  (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  struct conn *c = calloc(1, sizeof *c);

  if (c == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  c->db = db;
  c->writes = writes;
  rc = sqlite3_open_v2(db->path, &c->sqlite, flags, NULL);
  if (rc != SQLITE_OK) {
    rc = c->sqlite == NULL ? err_set(e, ERR_NOMEM, "out of memory")
                           : fail(c, rc, e);
    conn_free(c);
    return rc;
  }
  (void)sqlite3_busy_timeout(c->sqlite, BUSY_MS); /* cannot fail */
  (void)sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  rc = simple(c,
              "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
              "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
              e);
  if (rc == 0 && db->final_path == NULL) /* before anything is changed */
    rc = check_id(c, e);
  if (rc == 0)
    rc = writes ? simple(c,
                         "PRAGMA journal_mode = WAL; PRAGMA synchronous = "
                         "FULL; PRAGMA foreign_keys = ON; "
                         "PRAGMA wal_autocheckpoint = 0; "
                         "PRAGMA journal_size_limit = 67108864;",
                         e)
                : simple(c, "PRAGMA query_only = ON;", e);
  if (rc != 0) {
    conn_free(c);
    return rc;
  }
  if (writes)
    (void)sqlite3_wal_hook(c->sqlite, on_wal, db); /* gives the old hook */
  *out = c;
  return 0;
}

static void end_txn(struct conn *c)
{
  if (!c->in_txn)
    return;
  /* Fails only where SQLite has rolled back by itself. */
  (void)sqlite3_exec(c->sqlite, "ROLLBACK", NULL, NULL, NULL);
  c->in_txn = false;
}

static void db_free(struct db *db)
{
  if (db == NULL)
    return;
  while (db->idle != NULL) {
    struct conn *c = db->idle;

    db->idle = c->next;
    end_txn(c);
    conn_free(c);
    db->readers--;
  }
  assert(db->readers == 0); /* else a reader is still out */
  conn_free(db->writer);    /* last: it checkpoints */
  if (db->lock_fd >= 0)
    (void)close(db->lock_fd);                /* releases the lock */
  (void)pthread_mutex_destroy(&db->writing); /* nobody holds it */
  (void)pthread_mutex_destroy(&db->pool);
  (void)pthread_cond_destroy(&db->returned);
  free(db->path);
  free(db->final_path);
  free(db);
}

/* The lock of `where`, which a crash gives back. */
static int db_new(const char *where, struct db **out, struct err *e)
{
  struct db *db = calloc(1, sizeof *db);
  int rc;

  if (db == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  db->lock_fd = -1;
  /* None of these fails on Linux. */
  (void)pthread_mutex_init(&db->writing, NULL);
  (void)pthread_mutex_init(&db->pool, NULL);
  (void)pthread_cond_init(&db->returned, NULL);
  rc = file_lock(where, &db->lock_fd, e);
  if (rc == 0 && (db->path = strdup(where)) == NULL)
    rc = err_set(e, ERR_NOMEM, "out of memory");
  if (rc != 0) {
    db_free(db);
    return rc;
  }
  *out = db;
  return 0;
}

static int create(const char *where, struct db **out, struct err *e)
{
  struct db *db;
  int rc;

  if (access(where, F_OK) == 0)
    return err_set(e, ERR_EXISTS, "%s is there already", where);
  rc = db_new(where, &db, e);
  if (rc != 0)
    return rc;
  db->final_path = db->path;
  rc = file_make_draft(where, &db->path, e);
  if (rc == 0)
    rc = conn_new(db, true, &db->writer, e);
  if (rc == 0)
    rc = simple(db->writer, "PRAGMA application_id = " PRAGMA_ID, e);
  if (rc != 0) {
    db_free(db);
    return rc;
  }
  *out = db;
  return 0;
}

static int publish(struct db *db, struct err *e)
{
  int rc = sqlite3_wal_checkpoint_v2(db->writer->sqlite, NULL,
                                     SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

  rc = rc == SQLITE_OK ? 0 : fail(db->writer, rc, e);
  conn_free(db->writer); /* removes the log */
  db->writer = NULL;
  if (rc == 0)
    rc = file_publish(db->path, db->final_path, e);
  db_free(db);
  return rc;
}

static int open_(const char *where, struct db **out, struct err *e)
{
  struct db *db;
  int rc;

  if (access(where, F_OK) != 0)
    return errno == ENOENT
               ? err_set(e, ERR_NOT_FOUND,
                         "there is no store at %s; run: "
                         "keyturnd init",
                         where)
               : err_set(e, ERR_IO, "%s: %s", where, strerror(errno));
  rc = db_new(where, &db, e);
  if (rc != 0)
    return rc;
  rc = conn_new(db, true, &db->writer, e);
  if (rc != 0) {
    db_free(db);
    return rc;
  }
  *out = db;
  return 0;
}

/* ---- transactions ------------------------------------------------------ */

static int acquire_writer(struct db *db, struct conn **out, struct err *e)
{
  int rc;

  (void)pthread_mutex_lock(&db->writing); /* cannot fail: a plain mutex */
  if (atomic_load(&db->stopped))
    rc = err_set(e, ERR_IO,
                 "nothing is written to %s after the disk lost a write; look "
                 "at the disk and start keyturnd again",
                 db->path);
  else
    rc = simple(db->writer, "BEGIN IMMEDIATE", e);
  if (rc != 0) {
    (void)pthread_mutex_unlock(&db->writing);
    return rc;
  }
  db->writer->in_txn = true;
  *out = db->writer;
  return 0;
}

/* An idle reader, or room for a new one (*out NULL). */
static void pool_take(struct db *db, struct conn **out)
{
  (void)pthread_mutex_lock(&db->pool);
  while (db->idle == NULL && db->readers == READERS_MAX)
    (void)pthread_cond_wait(&db->returned, &db->pool);
  *out = db->idle;
  if (db->idle != NULL)
    db->idle = db->idle->next;
  else
    db->readers++;
  (void)pthread_mutex_unlock(&db->pool);
}

static void pool_put(struct db *db, struct conn *c)
{
  (void)pthread_mutex_lock(&db->pool);
  if (c == NULL)
    db->readers--;
  else {
    c->next = db->idle;
    db->idle = c;
  }
  (void)pthread_cond_signal(&db->returned);
  (void)pthread_mutex_unlock(&db->pool);
}

static int acquire_reader(struct db *db, struct conn **out, struct err *e)
{
  struct conn *c;
  uint64_t now;
  int rc = 0;

  pool_take(db, &c);
  if (c == NULL && (rc = conn_new(db, false, &c, e)) != 0) {
    pool_put(db, NULL);
    return rc;
  }
  /* Before BEGIN: what is committed in between is seen, and renewed once more
   * than needed. */
  now = atomic_load(&db->changes);
  if (c->in_txn && c->seen != now)
    end_txn(c);
  if (!c->in_txn) {
    rc = simple(c, "BEGIN", e);
    if (rc != 0) {
      pool_put(db, c);
      return rc;
    }
    c->in_txn = true;
    c->seen = now;
  }
  *out = c;
  return 0;
}

static int acquire(struct db *db, bool write, struct conn **out, struct err *e)
{
  return write ? acquire_writer(db, out, e) : acquire_reader(db, out, e);
}

/* The commit that called is durable already: a failure here concerns the next
 * one, and only a lost write matters to it. */
static void checkpoint(struct db *db)
{
  int rc;

  (void)pthread_mutex_lock(&db->pool);
  for (struct conn *c = db->idle; c != NULL; c = c->next)
    end_txn(c);
  (void)pthread_mutex_unlock(&db->pool);
  rc = sqlite3_wal_checkpoint_v2(db->writer->sqlite, NULL,
                                 SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (sync_failed(rc))
    atomic_store(&db->stopped, true);
  db->wal_pages = 0;
}

static int commit(struct conn *c, struct err *e)
{
  int rc;

  assert(c->writes && c->in_txn);
  if (fault_hit(FAULT_STORE_COMMIT))
    return err_set(e, ERR_IO, "told to fail at store.commit");
  rc = simple(c, "COMMIT", e);
  if (rc != 0)
    return rc;
  c->in_txn = false;
  (void)atomic_fetch_add(&c->db->changes, 1);
  if (c->db->wal_pages > CHECKPOINT_PAGES)
    checkpoint(c->db);
  return 0;
}

static void release(struct conn *c)
{
  struct db *db = c->db;

  if (!c->writes) {
    if (c->failed)
      end_txn(c); /* the next one begins afresh */
    c->failed = false;
    pool_put(db, c);
    return;
  }
  end_txn(c);
  (void)pthread_mutex_unlock(&db->writing);
}

/* ---- statements -------------------------------------------------------- */

/* SQLite takes $1 for a name; ?1 is its first parameter. */
static int prepare(struct conn *c, enum sql_id id, struct err *e)
{
  char sql[SQL_LEN_MAX];
  size_t len = strlen(texts[id]);
  int rc;

  assert(len < sizeof sql);
  for (size_t i = 0; i <= len; i++)
    sql[i] = texts[id][i] == '$' ? '?' : texts[id][i];
  rc =
      sqlite3_prepare_v3(c->sqlite, sql, (int)len + 1,
                         SQLITE_PREPARE_PERSISTENT, &c->stmts[id].sqlite, NULL);
  c->stmts[id].conn = c;
  return rc == SQLITE_OK ? 0 : fail(c, rc, e);
}

static int bind(struct stmt *s, int at, const struct sql_arg *a)
{
  switch (a->type) {
  case SQL_INT:
    return sqlite3_bind_int64(s->sqlite, at, a->num);
  case SQL_TEXT:
    return sqlite3_bind_text64(s->sqlite, at, a->data, a->len, SQLITE_STATIC,
                               SQLITE_UTF8);
  case SQL_BLOB:
    return sqlite3_bind_blob64(s->sqlite, at, a->data, a->len, SQLITE_STATIC);
  default:
    return sqlite3_bind_null(s->sqlite, at);
  }
}

static int run(struct conn *c, enum sql_id id, const struct sql_arg *args,
               size_t n, struct stmt **out, struct err *e)
{
  struct stmt *s = &c->stmts[id];
  int rc;

  if (s->sqlite == NULL && (rc = prepare(c, id, e)) != 0)
    return rc;
  assert(!s->is_open);
  assert(sqlite3_bind_parameter_count(s->sqlite) == (int)n);
  for (size_t i = 0; i < n; i++)
    if ((rc = bind(s, (int)i + 1, &args[i])) != SQLITE_OK)
      return fail(c, rc, e);
  s->is_open = true;
  *out = s;
  return 0;
}

static int next(struct stmt *s, struct err *e)
{
  int rc = sqlite3_step(s->sqlite);

  if (rc == SQLITE_ROW)
    return 1;
  return rc == SQLITE_DONE ? 0 : fail(s->conn, rc, e);
}

static int64_t get_int(struct stmt *s, int column)
{
  return sqlite3_column_int64(s->sqlite, column);
}

static const void *get_bytes(struct stmt *s, int column, size_t *out_len)
{
  const void *p = sqlite3_column_blob(s->sqlite, column);

  *out_len = (size_t)sqlite3_column_bytes(s->sqlite, column);
  if (p == NULL && sqlite3_column_type(s->sqlite, column) != SQLITE_NULL)
    return ""; /* SQLite's empty blob */
  return p;
}

static void done(struct stmt *s)
{
  (void)sqlite3_reset(s->sqlite);          /* repeats step's error */
  (void)sqlite3_clear_bindings(s->sqlite); /* cannot fail */
  s->is_open = false;
}

static int64_t changed(struct conn *c)
{
  return sqlite3_changes64(c->sqlite);
}

static uint64_t change_count(struct db *db)
{
  return atomic_load(&db->changes);
}

static int first_text(void *arg, int n, char **values, char **names)
{
  char *out = arg;

  (void)names;
  if (n > 0 && values[0] != NULL && out[0] == '\0')
    (void)snprintf(out, 256, "%s", values[0]); /* cut is fine */
  return 0;
}

static int check(struct db *db, struct err *e)
{
  char text[256] = "";
  struct conn *c;
  int rc = acquire_reader(db, &c, e);

  if (rc != 0)
    return rc;
  rc = sqlite3_exec(c->sqlite, "PRAGMA integrity_check(1)", first_text, text,
                    NULL);
  if (rc != SQLITE_OK)
    rc = fail(c, rc, e);
  else if (strcmp(text, "ok") != 0)
    rc = err_set(e, ERR_CORRUPT, "%s is damaged: %s", db->path, text);
  release(c);
  return rc;
}

const struct driver driver_sqlite = {
    .id_column = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .create = create,
    .publish = publish,
    .open = open_,
    .close = db_free,
    .acquire = acquire,
    .commit = commit,
    .release = release,
    .script = simple,
    .run = run,
    .next = next,
    .get_int = get_int,
    .get_bytes = get_bytes,
    .done = done,
    .changed = changed,
    .change_count = change_count,
    .check = check,
};
