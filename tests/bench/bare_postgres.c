/* PostgreSQL: a login, ALTER ROLE with a verifier that was computed before,
 * and a login with the new password. */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "bare.h"

static PGconn *login(const struct account *a, const char *password)
{
  const char *const names[] = {"host",     "port",    "dbname",     "user",
                               "password", "sslmode", "gssencmode", NULL};
  const char *const values[] = {a->host,  a->port,   a->dbname, a->name,
                                password, "disable", "disable", NULL};
  PGconn *c = PQconnectdbParams(names, values, 0);

  if (PQstatus(c) != CONNECTION_OK)
    fail(a->name, PQerrorMessage(c));
  return c;
}

static void prepare(struct account *a)
{
  PGconn *c = login(a, a->password[0]);

  for (int i = 0; i < 2; i++) {
    char *text =
        PQencryptPasswordConn(c, a->password[i], a->name, "scram-sha-256");

    if (text == NULL || strlen(text) >= sizeof a->verifier[i])
      fail(a->name, PQerrorMessage(c));
    (void)snprintf(a->verifier[i], sizeof a->verifier[i], "%s", text);
    PQfreemem(text);
  }
  PQfinish(c);
}

static void rotate(struct account *a)
{
  PGconn *c = login(a, a->password[a->current]);
  char sql[VERIFIER_BYTES + NAME_BYTES + 32];
  PGresult *result;

  /* Names are the benchmark's own, verifiers base64 and $. */
  (void)snprintf(sql, sizeof sql, "ALTER ROLE %s PASSWORD '%s'", a->name,
                 a->verifier[!a->current]);
  result = PQexec(c, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK)
    fail(a->name, PQerrorMessage(c));
  PQclear(result);
  PQfinish(c);
  PQfinish(login(a, a->password[!a->current]));
}

const struct bare bare_postgres = {"postgres", prepare, rotate};
