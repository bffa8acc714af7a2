/* connect.c - bounded logins and statements on libpq.
 *
 * libpq runs non-blocking, so that each wait is a poll() no longer than what
 * the step has left; only name resolution blocks, and the host's deadline
 * ends that.  The server gets the same bound as statement_timeout, a little
 * shorter, so that it gives up before we do and no statement outlives its
 * step.  PQcancel is not used: it blocks, without a limit, on exactly the
 * server that does not answer.
 *
 * Errors are SQLSTATEs (see sqlstate.c), during the login too: libpq is told
 * to report nothing else, so no translated text is ever parsed.
 */
#include "connect.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scram.h"
#include "sqlstate.h"

#define CONNECT_MS 10000 /* a login takes no longer, whatever the step has */
#define SLICE_MS   200   /* how soon a cancelled step is noticed */
#define LOCK_MS    5000
#define TEXT_MAX   240

/* One line without control characters, cut at a character's edge. */
static void clean_text(const char *text, char out[TEXT_MAX])
{
  size_t n = 0;
  while (*text == ' ' || *text == '\n')
    text++;
  for (; text[n] && text[n] != '\n' && n < TEXT_MAX - 1; n++)
    out[n] = (unsigned char)text[n] < ' ' ? ' ' : text[n];
  while (text[n] && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
    n--;
  out[n] = '\0';
}

/* Says why, by the table, and returns the class. */
static int fail_by_state(struct db *db, const char *state, const char *detail)
{
  const struct sqlstate *found = sqlstate_find(state);
  char text[TEXT_MAX] = "";
  if (detail)
    clean_text(detail, text);
  db->step->host->error(
      db->step, found->code, "%s as \"%s\" at %s:%s: %s%s%s%s (%s)",
      db->login->stage, db->login->username, db->login->host, db->login->port,
      found->advice, text[0] ? " [" : "", text, text[0] ? "]" : "",
      state ? state : "no SQLSTATE");
  return found->class;
}

static int fail(struct db *db, int class, const char *code, const char *what)
{
  char text[TEXT_MAX];
  clean_text(what, text);
  db->step->host->error(db->step, code, "%s as \"%s\" at %s:%s: %s",
                        db->login->stage, db->login->username, db->login->host,
                        db->login->port, text);
  return class;
}

/* False once `until` (of mono_ms) or the step's time has passed. */
static bool wait_for_socket(struct db *db, short events, int64_t until)
{
  const struct kt_host *host = db->step->host;
  struct pollfd pfd = {.fd = PQsocket(db->conn), .events = events};
  if (pfd.fd < 0)
    return true; /* closed: libpq will say why */
  for (;;) {
    int64_t left = host->remaining_ms(db->step);
    int64_t own = until - host->mono_ms(db->step);
    if (own < left)
      left = own;
    if (left <= 0)
      return false;
    int n = poll(&pfd, 1, left < SLICE_MS ? (int)left : SLICE_MS);
    if (n > 0 || (n < 0 && errno != EINTR))
      return true;
  }
}

static int64_t step_end(struct db *db)
{
  const struct kt_host *host = db->step->host;
  return host->mono_ms(db->step) + host->remaining_ms(db->step);
}

static void ignore_notice(void *arg, const char *message)
{
  (void)arg;
  (void)message; /* libpq's own processor would print it */
}

/* With PQERRORS_SQLSTATE a server's refusal is a line that ends in ":  28P01".
 * Several addresses give several lines; the last refusal counts. */
static bool find_state(const char *text, char out_state[6])
{
  bool found = false;
  for (const char *line = text; line && *line;) {
    const char *end = strchr(line, '\n');
    size_t len = end ? (size_t)(end - line) : strlen(line);
    const char *tail = line + len - 5;
    if (len > 8 && strncmp(tail - 3, ":  ", 3) == 0 &&
        strspn(tail, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5) {
      memcpy(out_state, tail, 5);
      out_state[5] = '\0';
      found = true;
    }
    line = end ? end + 1 : NULL;
  }
  return found;
}

/* `reached` is how far the login came: a failure of TLS is a person's to mend
 * unless it is the connection that broke. */
static int connect_failure(struct db *db, ConnStatusType reached)
{
  const char *text = PQerrorMessage(db->conn);
  char state[6];
  if (find_state(text, state))
    return fail_by_state(db, state, NULL);
  if (strstr(text, "certificate"))
    return fail(db, KT_CONFIG, "tls-untrusted", text);
  if (reached == CONNECTION_SSL_STARTUP && strstr(text, "SSL") &&
      !strstr(text, "SYSCALL"))
    return fail(db, KT_CONFIG, "tls-refused", text);
  return fail(db, KT_UNREACHABLE, "unreachable", text);
}

/* A member that holds PEM itself becomes a file that only libpq sees. */
struct pem_file {
  int fd;
  char path[40];
};

static const char *pem_path(struct pem_file *file, const char *member)
{
  size_t len = member ? strlen(member) : 0;
  if (!member || strncmp(member, "-----BEGIN", 10) != 0)
    return member;
  file->fd = memfd_create("keyturn-pem", MFD_CLOEXEC);
  if (file->fd < 0 || fchmod(file->fd, 0600) != 0 ||
      write(file->fd, member, len) != (ssize_t)len)
    return NULL;
  (void)snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
  return file->path;
}

static int connect_poll(struct db *db)
{
  int64_t until = db->step->host->mono_ms(db->step) + CONNECT_MS;
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  ConnStatusType reached = CONNECTION_STARTED;
  struct verifier *meanwhile = db->login->meanwhile;
  while (next != PGRES_POLLING_OK) {
    if (PQstatus(db->conn) == CONNECTION_BAD || next == PGRES_POLLING_FAILED)
      return connect_failure(db, reached);
    if (next == PGRES_POLLING_READING && meanwhile)
      verifier_make(meanwhile);
    if (!wait_for_socket(db, next == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                         until))
      return fail(db, KT_UNREACHABLE, "no-answer",
                  "no answer in time: look at the network and the server");
    reached = PQstatus(db->conn);
    next = PQconnectPoll(db->conn);
  }
  return KT_OK;
}

static int connect_start(struct db *db, struct pem_file files[3])
{
  const struct login *login = db->login;
  const char *rootcert = pem_path(&files[0], login->sslrootcert);
  const char *cert = pem_path(&files[1], login->sslcert);
  const char *key = pem_path(&files[2], login->sslkey);
  const char *const names[] = {"host",
                               "port",
                               "dbname",
                               "user",
                               "password",
                               "sslmode",
                               "gssencmode",
                               "client_encoding",
                               "application_name",
                               "sslrootcert",
                               "sslcert",
                               "sslkey",
                               NULL};
  const char *const values[] = {login->host,
                                login->port,
                                login->dbname,
                                login->username,
                                login->password,
                                login->sslmode,
                                "disable",
                                "UTF8",
                                "keyturn-rotator",
                                rootcert,
                                cert,
                                key,
                                NULL};
  if ((login->sslrootcert && !rootcert) || (login->sslcert && !cert) ||
      (login->sslkey && !key))
    return fail(db, KT_BUSY, "no-memory", "no memory for a certificate");
  db->conn = PQconnectStartParams(names, values, 0);
  if (!db->conn)
    return fail(db, KT_BUSY, "no-memory", "no memory for a connection");
  (void)PQsetErrorVerbosity(db->conn, PQERRORS_SQLSTATE);
  (void)PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
  return connect_poll(db);
}

/* The server's statement_timeout: less than what we wait ourselves. */
static int64_t server_limit(struct db *db)
{
  int64_t left = db->step->host->remaining_ms(db->step);
  int64_t margin = left / 4 < 500 ? left / 4 : 500;
  return left - margin > 1 ? left - margin : 1;
}

void db_close(struct db *db)
{
  PQfinish(db->conn);
  db->conn = NULL;
}

int db_require_primary(struct db *db)
{
  if (!db->in_recovery)
    return KT_OK;
  return fail(db, KT_CONFIG, "standby",
              "this server is a standby, where no password can be changed: "
              "name the primary in \"host\"");
}

static int flush_out(struct db *db, int64_t until)
{
  int pending;
  while ((pending = PQflush(db->conn)) > 0) {
    if (!wait_for_socket(db, POLLIN | POLLOUT, until))
      return fail(db, KT_BUSY, "no-answer", "the server takes no statement");
    if (!PQconsumeInput(db->conn))
      break;
  }
  return pending == 0 ? KT_OK
                      : fail(db, KT_UNREACHABLE, "connection-lost",
                             "the connection broke: look at the network");
}

static bool is_success(const PGresult *result)
{
  ExecStatusType status = PQresultStatus(result);
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static int result_failure(struct db *db, const PGresult *result)
{
  const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (!state)
    return fail(db, KT_UNREACHABLE, "connection-lost",
                "the connection broke: look at the network");
  return fail_by_state(db, state,
                       PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

/* Reads all results of what was sent; the first error counts, else the last
 * result is *out_result. */
static int read_results(struct db *db, PGresult **out_result)
{
  int64_t until = step_end(db);
  PGresult *last = NULL;
  int r = flush_out(db, until);
  while (r == KT_OK) {
    if (PQisBusy(db->conn)) {
      if (!wait_for_socket(db, POLLIN, until))
        r = fail(db, KT_BUSY, "no-answer", "the server answers no statement");
      else if (!PQconsumeInput(db->conn) && PQisBusy(db->conn))
        r = fail(db, KT_UNREACHABLE, "connection-lost",
                 "the connection broke: look at the network");
      continue;
    }
    PGresult *result = PQgetResult(db->conn);
    if (!result)
      break;
    if (last && !is_success(last)) {
      PQclear(result);
      continue;
    }
    PQclear(last);
    last = result;
  }
  if (r == KT_OK && !(last && is_success(last)))
    r = result_failure(db, last);
  if (r != KT_OK || !out_result) {
    PQclear(last);
    return r;
  }
  *out_result = last;
  return KT_OK;
}

int db_query(struct db *db, const char *sql, int n_values,
             const char *const *values, PGresult **out_result)
{
  if (!PQsendQueryParams(db->conn, sql, n_values, NULL, values, NULL, NULL, 0))
    return fail(db, KT_UNREACHABLE, "connection-lost",
                "the connection broke: look at the network");
  return read_results(db, out_result);
}

/* *out_result (may be NULL): the last statement's. */
static int run_simple(struct db *db, const char *sql, PGresult **out_result)
{
  if (!PQsendQuery(db->conn, sql))
    return fail(db, KT_UNREACHABLE, "connection-lost",
                "the connection broke: look at the network");
  return read_results(db, out_result);
}

int db_execute(struct db *db, const char *sql)
{
  return run_simple(db, sql, NULL);
}

/* SET ROLE NONE: a login with a default role may not change its own password
 * as that role.  synchronous_commit: what we report as done must survive the
 * server's crash. */
int db_begin(struct db *db)
{
  char sql[256];
  (void)snprintf(sql, sizeof sql,
                 "BEGIN READ WRITE; SET LOCAL ROLE NONE;"
                 " SET LOCAL statement_timeout = %lld%s",
                 (long long)server_limit(db),
                 db->commits_late ? "; SET LOCAL synchronous_commit = on" : "");
  int r = db_execute(db, sql);
  db->in_transaction = r == KT_OK;
  return r;
}

/* Only an answer tells.  A server that stops while it commits has committed,
 * or not: as unknown as no answer. */
int db_commit(struct db *db)
{
  PGresult *result = NULL;
  int r = db_query(db, "COMMIT", 0, NULL, &result);
  db->in_transaction = false;
  if (r == KT_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
    r = fail(db, KT_BUSY, "rolled-back", "the server rolled back instead");
  else if (r == KT_UNREACHABLE || r == KT_BUSY)
    r = fail(db, KT_AMBIGUOUS, "commit-unknown",
             "no answer to COMMIT: whether it took effect is not known");
  PQclear(result);
  return r;
}

/* A server from 14 on says itself what it is.  Its "on" is asked about all the
 * same: a pooler may repeat what it heard before a promotion. */
static int find_recovery(struct db *db)
{
  const char *said = PQparameterStatus(db->conn, "in_hot_standby");
  PGresult *result = NULL;
  if (said && strcmp(said, "off") == 0)
    return KT_OK;
  int r =
      db_query(db, "SELECT pg_catalog.pg_is_in_recovery()", 0, NULL, &result);
  if (r == KT_OK)
    db->in_recovery = PQgetvalue(result, 0, 0)[0] == 't';
  PQclear(result);
  return r;
}

/* By SET and SHOW, which cost a fresh session a tenth of what functions do:
 * those are looked up in catalogs that it has not read yet. */
static int prepare_session(struct db *db)
{
  PGresult *result = NULL;
  char sql[320];
  int64_t limit_ms = server_limit(db);
  (void)snprintf(sql, sizeof sql,
                 "SET search_path = pg_catalog, pg_temp;"
                 " SET statement_timeout = %lld;"
                 " SET lock_timeout = %lld;"
                 " SET idle_in_transaction_session_timeout = %lld;"
                 " SET datestyle = ISO; SHOW synchronous_commit",
                 (long long)limit_ms,
                 (long long)(limit_ms < LOCK_MS ? limit_ms : LOCK_MS),
                 (long long)limit_ms);
  int r = run_simple(db, sql, &result);
  if (r == KT_OK)
    db->commits_late = strcmp(PQgetvalue(result, 0, 0), "off") == 0;
  PQclear(result);
  return r == KT_OK ? find_recovery(db) : r;
}

static int log_in(struct kt_step *step, const struct login *login,
                  struct db *out)
{
  struct db db = {.step = step, .login = login};
  struct pem_file files[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
  int r = connect_start(&db, files);
  for (int i = 0; i < 3; i++)
    if (files[i].fd >= 0)
      (void)close(files[i].fd); /* libpq has read it */
  if (r == KT_OK && PQsetnonblocking(db.conn, 1) != 0)
    r = fail(&db, KT_BUSY, "no-memory", "no memory for a connection");
  if (r != KT_OK) {
    db_close(&db);
    return r;
  }
  db.version = PQserverVersion(db.conn);
  *out = db;
  return KT_OK;
}

int db_open(struct kt_step *step, const struct login *login, struct db *out)
{
  struct db db = {0};
  int r = log_in(step, login, &db);
  if (r == KT_OK)
    r = prepare_session(&db);
  if (r != KT_OK) {
    db_close(&db);
    return r;
  }
  *out = db;
  return KT_OK;
}

int db_try(struct kt_step *step, const struct login *login)
{
  struct db db = {0};
  int r = log_in(step, login, &db);
  if (r == KT_OK)
    r = db_execute(&db, "SHOW server_version");
  db_close(&db);
  return r;
}
