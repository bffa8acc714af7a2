/* MariaDB: a login, SET PASSWORD with a hash that was computed before, and a
 * login with the new password. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

#include "bare.h"

static MYSQL *login(const struct account *a, const char *password)
{
  MYSQL *c = mysql_init(NULL);

  if (c == NULL)
    fail(a->name, "no memory for a connection");
  if (mysql_real_connect(c, a->host, a->name, password, NULL,
                         (unsigned)strtoul(a->port, NULL, 10), NULL, 0) == NULL)
    fail(a->name, mysql_error(c));
  return c;
}

static void prepare(struct account *a)
{
  MYSQL *c = login(a, a->password[0]);

  for (int i = 0; i < 2; i++) {
    char sql[NAME_BYTES + 32];
    MYSQL_RES *result;
    MYSQL_ROW row;

    (void)snprintf(sql, sizeof sql, "SELECT PASSWORD('%s')", a->password[i]);
    if (mysql_query(c, sql) != 0 || (result = mysql_store_result(c)) == NULL ||
        (row = mysql_fetch_row(result)) == NULL)
      fail(a->name, mysql_error(c));
    (void)snprintf(a->verifier[i], sizeof a->verifier[i], "%s", row[0]);
    mysql_free_result(result);
  }
  mysql_close(c);
}

static void rotate(struct account *a)
{
  MYSQL *c = login(a, a->password[a->current]);
  char sql[VERIFIER_BYTES + 32];

  (void)snprintf(sql, sizeof sql, "SET PASSWORD = '%s'",
                 a->verifier[!a->current]);
  if (mysql_query(c, sql) != 0)
    fail(a->name, mysql_error(c));
  mysql_close(c);
  mysql_close(login(a, a->password[!a->current]));
}

const struct bare bare_mysql = {"mysql", prepare, rotate};
