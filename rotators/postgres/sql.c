/* sql.c - quoting is libpq's; the SCRAM verifier is scram.c's or libpq's. */
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

void sql_password(struct sql *sql, const char *role, struct verifier *verifier)
{
  if (sql->failure != KT_OK)
    return;
  sql_words(sql, " PASSWORD ");
  verifier_make(verifier);
  if (verifier->text[0]) {
    sql_literal(sql, verifier->text);
    return;
  }
  /* Never the server's own password_encryption: that may be md5. */
  char *made = PQencryptPasswordConn(sql->db->conn, verifier->password, role,
                                     "scram-sha-256");
  if (!made) {
    append_made(sql, NULL);
    return;
  }
  sql_literal(sql, made);
  explicit_bzero(made, strlen(made));
  PQfreemem(made);
}

int sql_run(struct sql *sql)
{
  return sql->failure != KT_OK ? sql->failure : db_execute(sql->db, sql->text);
}
