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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "store/file.h"
#include "store/sqlite_conn.h"

#define READERS_MAX      32
#define CHECKPOINT_PAGES 1000
#define SQL_LEN_MAX      2048

static const char *const texts[SQL_COUNT] = {
#define X(id, text) [id] = text,
    SQL_TABLE(X)
#undef X
};

/* ---- the database ------------------------------------------------------ */

static void db_free(struct db *db)
{
  if (db == NULL)
    return;
  while (db->idle != NULL) {
    struct conn *c = db->idle;

    db->idle = c->next;
    sqlite_end_txn(c);
    sqlite_conn_free(c);
    db->readers--;
  }
  assert(db->readers == 0);     /* else a reader is still out */
  sqlite_conn_free(db->writer); /* last: it checkpoints */
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
    rc = sqlite_conn_new(db, true, &db->writer, e);
  if (rc == 0)
    rc = sqlite_exec(db->writer, "PRAGMA application_id = " SQLITE_STORE_ID, e);
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

  rc = rc == SQLITE_OK ? 0 : sqlite_fail(db->writer, rc, e);
  sqlite_conn_free(db->writer); /* removes the log */
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
  rc = sqlite_conn_new(db, true, &db->writer, e);
  if (rc != 0) {
    db_free(db);
    return rc;
  }
  *out = db;
  return 0;
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
  return rc == SQLITE_OK ? 0 : sqlite_fail(c, rc, e);
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
      return sqlite_fail(c, rc, e);
  s->is_open = true;
  *out = s;
  return 0;
}

static int next(struct stmt *s, struct err *e)
{
  int rc = sqlite3_step(s->sqlite);

  if (rc == SQLITE_ROW)
    return 1;
  return rc == SQLITE_DONE ? 0 : sqlite_fail(s->conn, rc, e);
}

static int columns(struct stmt *s)
{
  return sqlite3_column_count(s->sqlite);
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

static void get(struct stmt *s, int column, struct sql_arg *out)
{
  static const enum sql_type types[] = {[SQLITE_INTEGER] = SQL_INT,
                                        [SQLITE_TEXT] = SQL_TEXT,
                                        [SQLITE_BLOB] = SQL_BLOB,
                                        [SQLITE_NULL] = SQL_NULL};
  int type = sqlite3_column_type(s->sqlite, column);

  assert(type != SQLITE_FLOAT); /* no statement of ours makes one */
  *out = (struct sql_arg){.type = types[type]};
  if (type == SQLITE_INTEGER)
    out->num = get_int(s, column);
  else if (type != SQLITE_NULL)
    out->data = get_bytes(s, column, &out->len);
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

/* ---- transactions ------------------------------------------------------ */

/* The log is synced as a whole, in the order it was written: what is committed
 * without, the next commit with takes along, and a power cut before it takes
 * away the end only.  Between transactions alone. */
static int sync_later(struct conn *c, bool later, struct err *e)
{
  int rc = 0;

  if (c->syncs_later != later)
    rc = sqlite_exec(
        c, later ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL",
        e);
  if (rc == 0)
    c->syncs_later = later;
  return rc;
}

static int acquire_writer(struct db *db, bool later, struct conn **out,
                          struct err *e)
{
  int rc;

  (void)pthread_mutex_lock(&db->writing); /* cannot fail: a plain mutex */
  if (atomic_load(&db->stopped))
    rc = err_set(e, ERR_IO,
                 "nothing is written to %s after the disk lost a write; look "
                 "at the disk and start keyturnd again",
                 db->path);
  else
    rc = sync_later(db->writer, later, e);
  if (rc == 0)
    rc = sqlite_exec(db->writer, "BEGIN IMMEDIATE", e);
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

/* BEGIN alone sees what is committed up to the first read. */
static int begin_reading(struct conn *c, struct err *e)
{
  struct stmt *s;
  int rc = sqlite_exec(c, "BEGIN", e);

  if (rc != 0)
    return rc;
  c->in_txn = true;
  rc = run(c, SQL_SCHEMA_GET, NULL, 0, &s, e);
  if (rc == 0) {
    rc = next(s, e);
    done(s);
  }
  if (rc < 0)
    sqlite_end_txn(c);
  return rc < 0 ? rc : 0;
}

static int acquire_reader(struct db *db, struct conn **out, struct err *e)
{
  struct conn *c;
  uint64_t now;
  int rc = 0;

  pool_take(db, &c);
  if (c == NULL && (rc = sqlite_conn_new(db, false, &c, e)) != 0) {
    pool_put(db, NULL);
    return rc;
  }
  /* Before BEGIN: what is committed in between is seen, and renewed once more
   * than needed. */
  now = atomic_load(&db->changes);
  if (c->in_txn && c->seen != now)
    sqlite_end_txn(c);
  if (!c->in_txn) {
    rc = begin_reading(c, e);
    if (rc != 0) {
      pool_put(db, c);
      return rc;
    }
    c->seen = now;
  }
  *out = c;
  return 0;
}

static uint64_t seen(struct conn *c)
{
  return c->seen;
}

static int acquire(struct db *db, enum access access, struct conn **out,
                   struct err *e)
{
  return access == ACCESS_READ
             ? acquire_reader(db, out, e)
             : acquire_writer(db, access == ACCESS_WRITE_SOON, out, e);
}

/* The commit that called is durable already: a failure here concerns the next
 * one, and only a lost write matters to it. */
static void checkpoint(struct db *db)
{
  int rc;

  (void)pthread_mutex_lock(&db->pool);
  for (struct conn *c = db->idle; c != NULL; c = c->next)
    sqlite_end_txn(c);
  (void)pthread_mutex_unlock(&db->pool);
  rc = sqlite3_wal_checkpoint_v2(db->writer->sqlite, NULL,
                                 SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  if (sqlite_sync_failed(rc))
    atomic_store(&db->stopped, true);
  db->wal_pages = 0;
}

static int commit(struct conn *c, struct err *e)
{
  int rc;

  assert(c->writes && c->in_txn);
  if (fault_hit(FAULT_STORE_COMMIT))
    return err_set(e, ERR_IO, "told to fail at store.commit");
  rc = sqlite_exec(c, "COMMIT", e);
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
      sqlite_end_txn(c); /* the next one begins afresh */
    c->failed = false;
    pool_put(db, c);
    return;
  }
  sqlite_end_txn(c);
  (void)pthread_mutex_unlock(&db->writing);
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
    rc = sqlite_fail(c, rc, e);
  else if (strcmp(text, "ok") != 0)
    rc = err_set(e, ERR_CORRUPT, "%s is damaged: %s", db->path, text);
  release(c);
  return rc;
}

const struct driver driver_sqlite = {
    .id_column = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .is_alone = true,
    .create = create,
    .publish = publish,
    .open = open_,
    .close = db_free,
    .acquire = acquire,
    .seen = seen,
    .commit = commit,
    .release = release,
    .script = sqlite_exec,
    .run = run,
    .next = next,
    .columns = columns,
    .get = get,
    .get_int = get_int,
    .get_bytes = get_bytes,
    .done = done,
    .changed = changed,
    .change_count = change_count,
    .check = check,
};
