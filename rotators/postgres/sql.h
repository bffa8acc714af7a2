/* sql.h - one statement's text, put together of trusted words and quoted
 * parts.  It lives in the step's scratch memory, which the host zeroes: a
 * verifier may be in it. */
#ifndef POSTGRES_SQL_H
#define POSTGRES_SQL_H
#include <stddef.h>

#include "connect.h"
#include "scram.h"

struct sql {
  struct db *db; /* borrowed */
  char *text;    /* the host's, until the step returns */
  size_t len;
  int failure; /* sticky class; the calls below do nothing after one */
};

void sql_start(struct sql *sql, struct db *db);
void sql_words(struct sql *sql, const char *words); /* as they are */
void sql_identifier(struct sql *sql, const char *name);
void sql_literal(struct sql *sql, const char *value);
/* ' PASSWORD ' and the SCRAM verifier, made here at the latest: the server and
 * its log never see the password. */
void sql_password(struct sql *sql, const char *role, struct verifier *verifier);
int sql_run(struct sql *sql);

#endif
