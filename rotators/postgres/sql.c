/* sql.c - quoting is libpq's; so is the SCRAM verifier. */
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

void sql_words(struct sql *sql, const char *words)
{
  size_t len = strlen(words);
  if (sql->failure != KT_OK)
    return;
  if (len >= SQL_MAX - sql->len) {
    struct kt_step *step = sql->db->step;
    step->host->error(step, "statement-too-long",
                      "a statement would be longer than 8 KiB: shorten names");
    sql->failure = KT_CONFIG;
    return;
  }
  memcpy(sql->text + sql->len, words, len + 1);
  sql->len += len;
}

/* Takes what libpq made, and wipes it. */
static void append_made(struct sql *sql, char *made)
{
  if (!made && sql->failure == KT_OK) {
    struct kt_step *step = sql->db->step;
    step->host->error(step, "text-refused",
                      "a name or value is not valid UTF-8 or too long");
    sql->failure = KT_CONFIG;
  }
  if (!made)
    return;
  sql_words(sql, made);
  explicit_bzero(made, strlen(made));
  PQfreemem(made);
}

void sql_identifier(struct sql *sql, const char *name)
{
  if (sql->failure == KT_OK)
    append_made(sql, PQescapeIdentifier(sql->db->conn, name, strlen(name)));
}

void sql_literal(struct sql *sql, const char *value)
{
  if (sql->failure == KT_OK)
    append_made(sql, PQescapeLiteral(sql->db->conn, value, strlen(value)));
}

void sql_password(struct sql *sql, const char *role, const char *password)
{
  char *verifier = NULL;
  if (sql->failure != KT_OK)
    return;
  /* Never the server's own password_encryption: that may be md5. */
  verifier =
      PQencryptPasswordConn(sql->db->conn, password, role, "scram-sha-256");
  if (!verifier) {
    append_made(sql, NULL);
    return;
  }
  sql_words(sql, " PASSWORD ");
  sql_literal(sql, verifier);
  explicit_bzero(verifier, strlen(verifier));
  PQfreemem(verifier);
}

int sql_run(struct sql *sql)
{
  return sql->failure != KT_OK ? sql->failure : db_execute(sql->db, sql->text);
}
