/* show.c - finds the clauses of a CREATE USER statement that the server
 * printed.  Names and verifiers may hold any word, so quoted parts are passed
 * over. */
#include "show.h"

#include <string.h>

#include "sql.h"

/* Behind a quoted part that begins here; a doubled quote, or one after a
 * backslash, does not end it. */
static const char *skip_quoted(const char *text)
{
  char quote = *text++;
  while (*text) {
    if (*text == '\\' && quote != '`' && text[1])
      text += 2;
    else if (*text == quote && text[1] == quote)
      text += 2;
    else if (*text++ == quote)
      break;
  }
  return text;
}

/* The first of these words outside of quotes, at a word's edge, or NULL. */
static const char *find_words(const char *text, const char *words)
{
  size_t len = strlen(words);
  while (*text) {
    if (*text == '`' || *text == '\'' || *text == '"') {
      text = skip_quoted(text);
      continue;
    }
    if (*text == ' ' && strncmp(text + 1, words, len) == 0 &&
        (text[1 + len] == ' ' || text[1 + len] == '\0'))
      return text + 1;
    text++;
  }
  return NULL;
}

static int show(struct db *db, struct sql *sql, const char **out_text)
{
  struct kt_step *step = db->step;
  MYSQL_RES *result = NULL;
  char *copy = NULL;
  int r = sql_query(sql, &result);
  if (r != KT_OK)
    return r;
  MYSQL_ROW row = mysql_fetch_row(result);
  size_t size = row && row[0] ? strlen(row[0]) + 1 : 0;
  if (size > 0)
    copy = step->host->scratch(step, size);
  if (copy)
    memcpy(copy, row[0], size);
  mysql_free_result(result);
  if (!copy) {
    step->host->error(step, "no-memory", "no memory for an account");
    return KT_BUSY;
  }
  *out_text = copy;
  return KT_OK;
}

/* MariaDB writes IDENTIFIED BY PASSWORD for its own plugin, and IDENTIFIED VIA
 * plugin for others; MySQL IDENTIFIED WITH 'plugin'. */
static int read_plugin(struct db *own, const char *text,
                       struct own_account *account)
{
  struct kt_step *step = own->step;
  const char *via = find_words(
      text, own->server.is_mariadb ? "IDENTIFIED VIA" : "IDENTIFIED WITH");
  *account =
      (struct own_account){.plugin = "mysql_native_password",
                           .has_alternatives = find_words(text, "OR") != NULL};
  if (!via)
    return KT_OK;
  const char *name = strchr(via + strlen("IDENTIFIED "), ' ') + 1;
  name += *name == '\'';
  size_t len = strcspn(name, "' ");
  char *plugin = step->host->scratch(step, len + 1);
  if (!plugin) {
    step->host->error(step, "no-memory", "no memory for an account");
    return KT_BUSY;
  }
  memcpy(plugin, name, len);
  account->plugin = plugin;
  return KT_OK;
}

int show_own_account(struct db *own, struct own_account *out)
{
  struct own_account account;
  const char *text = NULL;
  struct sql sql;
  sql_start(&sql, own);
  sql_words(&sql, "SHOW CREATE USER CURRENT_USER()");
  int r = show(own, &sql, &text);
  if (r == KT_OK)
    r = read_plugin(own, text, &account);
  if (r == KT_OK)
    *out = account;
  return r;
}

int show_clauses(struct db *admin, const char *user, const char *host,
                 const char **out_clauses)
{
  const char *text = NULL, *clauses;
  struct sql sql;
  sql_start(&sql, admin);
  sql_words(&sql, "SHOW CREATE USER ");
  sql_account(&sql, user, host);
  int r = show(admin, &sql, &text);
  if (r != KT_OK)
    return r;
  clauses = find_words(text, "REQUIRE");
  if (!clauses)
    clauses = find_words(text, "WITH");
  *out_clauses = clauses ? clauses : "";
  return KT_OK;
}
