/* sql.h - one statement's text, put together of trusted words and quoted
 * parts.  It lives in the step's scratch memory, which the host zeroes: a
 * verifier may be in it. */
#ifndef MYSQL_SQL_H
#define MYSQL_SQL_H
#include <stddef.h>

#include "connect.h"

struct sql {
  struct db *db; /* borrowed */
  char *text;    /* the host's, until the step returns */
  size_t len;
  int failure; /* sticky class; the calls below do nothing after one */
};

void sql_start(struct sql *sql, struct db *db);
void sql_words(struct sql *sql, const char *words); /* as they are */
void sql_literal(struct sql *sql, const char *value);
void sql_account(struct sql *sql, const char *user, const char *host);

int sql_query(struct sql *sql, MYSQL_RES **out_result);
int sql_change(struct sql *sql);

#endif
