/* sql.c - quoting is the client library's, which knows the session's character
 * set and whether a backslash escapes.  Names of users, hosts, plugins and
 * roles may all be string literals, so nothing else is ever quoted. */
#include "sql.h"

#include <string.h>

#define SQL_MAX 8192

void sql_start(struct sql *sql, struct db *db)
{
  struct kt_step *step = db->step;
  *sql = (struct sql){.db = db, .text = step->host->scratch(step, SQL_MAX)};
  if (!sql->text) {
    step->host->error(step, "no-memory", "no memory for a statement");
    sql->failure = KT_BUSY;
  }
}

static void refuse_length(struct sql *sql)
{
  struct kt_step *step = sql->db->step;
  step->host->error(step, "statement-too-long",
                    "a statement would be longer than 8 KiB: shorten names");
  sql->failure = KT_CONFIG;
}

void sql_words(struct sql *sql, const char *words)
{
  size_t len = strlen(words);
  if (sql->failure != KT_OK)
    return;
  if (len >= SQL_MAX - sql->len) {
    refuse_length(sql);
    return;
  }
  memcpy(sql->text + sql->len, words, len + 1);
  sql->len += len;
}

void sql_literal(struct sql *sql, const char *value)
{
  size_t len = strlen(value);
  sql_words(sql, "'");
  if (sql->failure != KT_OK)
    return;
  /* Each character may become two, and quote and end must fit. */
  if (len > SQL_MAX / 2 || 2 * len + 2 > SQL_MAX - sql->len) {
    refuse_length(sql);
    return;
  }
  unsigned long n = mysql_real_escape_string(
      sql->db->conn, sql->text + sql->len, value, (unsigned long)len);
  if (n == (unsigned long)-1) {
    refuse_length(sql);
    return;
  }
  sql->len += n;
  sql_words(sql, "'");
}

void sql_account(struct sql *sql, const char *user, const char *host)
{
  sql_literal(sql, user);
  sql_words(sql, "@");
  sql_literal(sql, host);
}

int sql_query(struct sql *sql, MYSQL_RES **out_result)
{
  return sql->failure != KT_OK ? sql->failure
                               : db_query(sql->db, sql->text, out_result);
}

int sql_change(struct sql *sql)
{
  return sql->failure != KT_OK ? sql->failure : db_change(sql->db, sql->text);
}
