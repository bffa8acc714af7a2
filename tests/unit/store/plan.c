/* The plans of SQLite: no statement of the running service reads a table
 * from end to end, so that a hundred thousand secrets cost as ten.
 */
#include "temp_store.h"

#include <sqlite3.h>
#include <time.h>

#include "store/sql.h"

static const struct {
  const char *name, *sql;
} statements[] = {
#define X(id, text) {#id, text},
    SQL_TABLE(X)
#undef X
};

/* Read whole by their nature: small tables, pages and counts. */
static bool may_scan(const char *name)
{
  static const char *const names[] = {
      "SQL_SCHEMA_GET",    "SQL_META_GET",       "SQL_KEY_LIST",
      "SQL_LEASE_RENEW",   "SQL_LEASE_DROP",     "SQL_COUNTS",
      "SQL_AUDIT_GET",                           /* one row */
      "SQL_USAGE_SECRETS", "SQL_ROTATOR_GAUGES", /* for a count, kept a while */
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

static void check_plan(sqlite3 *db, const char *name, const char *text)
{
  char sql[4096];
  sqlite3_stmt *stmt;

  (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text);
  for (char *p = sql; *p != '\0'; p++)
    if (*p == '$')
      *p = '?';
  if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
    fail_msg("%s: %s", name, sqlite3_errmsg(db));
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    const char *detail = (const char *)sqlite3_column_text(stmt, 3);

    /* "SCAN t USING INDEX i" with a LIMIT reads from one end of an index. */
    if (strncmp(detail, "SCAN ", 5) == 0 && strstr(detail, "USING") == NULL &&
        strstr(detail, "CONSTANT ROW") == NULL && !may_scan(name))
      fail_msg("%s: %s", name, detail);
    if (strstr(detail, "TEMP B-TREE") != NULL &&
        strcmp(name, "SQL_VERSION_LIST") != 0 && /* of one secret */
        strcmp(name, "SQL_VERSION_PRUNE") != 0 &&
        strcmp(name, "SQL_LABEL_OF_VERSION") != 0 &&
        strcmp(name, "SQL_TAG_LIST") != 0 &&
        strcmp(name, "SQL_ROTATOR_GAUGES") != 0 && /* into a few groups */
        strcmp(name, "SQL_IAM_TAG_LIST") != 0 &&
        strcmp(name, "SQL_STAGE_LIST") != 0 &&
        strcmp(name, "SQL_REPLICA_LIST") != 0 &&
        strcmp(name, "SQL_STAGE_OF_PAGE") != 0 && /* of a hundred */
        strcmp(name, "SQL_TAG_OF_PAGE") != 0)
      fail_msg("%s sorts: %s", name, detail);
  }
  (void)sqlite3_finalize(stmt);
}

static void no_statement_reads_a_whole_table(void **state)
{
  struct temp *t = *state;
  sqlite3 *db;

  assert_int_equal(sqlite3_open_v2(t->path, &db, SQLITE_OPEN_READONLY, NULL),
                   SQLITE_OK);
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
    check_plan(db, statements[i].name, statements[i].sql);
  (void)sqlite3_close(db);
}

static double seconds(void)
{
  struct timespec ts;

  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A hundred wakes and due lists cost less than one scan of the table. */
static void a_hundred_thousand_schedules_cost_an_index(void **state)
{
  struct temp *t = *state;
  struct due_row due[10];
  sqlite3 *db;
  double start, cost;
  int64_t wake;
  size_t n;

  temp_close(t);
  assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(
          db,
          "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n "
          "WHERE i < 100099) INSERT INTO secret (id, arn, partial_arn, "
          "name_key, "
          "description, kms_key_id, created_us, changed_us, accessed_us, "
          "rotated_us, deleted_us, purge_us, tagged) SELECT i, 'a' || i, "
          "'p' || i, 'n' || i, '', '', 1, 1, 0, 0, 0, 0, 0 FROM n;"
          "INSERT INTO rules SELECT id, 1, 0, 1, 'r', 'a', 30, '', '', '', '',"
          " '', 0, -1, 1, 1000000 + id, 0 FROM secret WHERE id >= 100;",
          NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
  temp_open(t);
  start = seconds();
  for (int i = 0; i < 100; i++) {
    OK(store_next_wake(t->s, "e", &wake, e_));
    assert_int_equal(wake, 1000100);
    OK(store_due_list(t->s, NOW, due, 10, &n, e_));
    assert_int_equal(n, 10);
    assert_int_equal(due[9].secret_id, 109);
  }
  cost = seconds() - start;
  assert_true(cost < 0.5); /* under sanitizers; a scan each would be 10 s */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(no_statement_reads_a_whole_table),
      TEST(a_hundred_thousand_schedules_cost_an_index),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
