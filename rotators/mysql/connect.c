/* connect.c - bounded logins and statements on the MySQL client API.
 *
 * It is written for both client libraries, MariaDB's and Oracle's; what only
 * one of them has is behind LIBMARIADB.  Until the login is done their own
 * timeouts bound it (whole seconds); from then on watchdog.c does, to the
 * step's end.  Only name resolution has no bound but the host's.
 *
 * No option file is read, no file is ever sent to a server, and no server may
 * ask for the password in the clear.  Errors are numbers (see errnum.c); a
 * server's text is shown only where it cannot quote a password.
 */
#include "connect.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "errnum.h"
#include "watchdog.h"

#define CONNECT_MS 10000 /* a login takes no longer, whatever the step has */
#define LOCK_S     5
#define TEXT_MAX   240

/* What a server may ask a password for.  mysql_clear_password and dialog are
 * not among them: a false server would learn the password. */
#define PASSWORD_PLUGINS            \
  "mysql_native_password,"          \
  "caching_sha2_password,"          \
  "sha256_password,client_ed25519," \
  "ed25519"

/* One line without control characters, cut at a character's edge. */
static void clean_text(const char *text, char out[TEXT_MAX])
{
  size_t n = 0;
  for (; n < TEXT_MAX - 1 && text[n]; n++)
    out[n] = (unsigned char)text[n] < ' ' ? ' ' : text[n];
  while (text[n] && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
    n--;
  out[n] = '\0';
}

static int fail(struct db *db, int class, const char *code, const char *what)
{
  db->step->host->error(db->step, code, "%s as \"%s\" at %s:%u: %s",
                        db->login->stage, db->login->username, db->login->host,
                        db->login->port, what);
  return class;
}

/* Says why, by the table, and returns the class. */
static int fail_by_number(struct db *db, bool with_text)
{
  unsigned number = mysql_errno(db->conn);
  const struct errnum *found = errnum_find(number);
  /* Past the login, "access denied" is about a right, not a password. */
  bool is_right = db->watchdog && found->class == KT_AUTH;
  char text[TEXT_MAX] = "";
  db->is_expired = number == ERRNUM_MUST_CHANGE_PASSWORD;
  if (with_text)
    clean_text(mysql_error(db->conn), text);
  db->step->host->error(
      db->step, is_right ? "right-missing" : found->code,
      "%s as \"%s\" at %s:%u: %s%s%s%s (error %u)", db->login->stage,
      db->login->username, db->login->host, db->login->port,
      is_right ? "a right is missing: README.md lists what is needed"
               : found->advice,
      text[0] ? " [" : "", text, text[0] ? "]" : "", number);
  return is_right ? KT_DENIED : found->class;
}

/* A broken connection during the handshake of TLS is no fault of a
 * certificate; the library has one number for both. */
static int connect_failure(struct db *db)
{
  const char *text = mysql_error(db->conn);
  if (mysql_errno(db->conn) != ERRNUM_TLS)
    return fail_by_number(db, true);
  if (strstr(text, "does not support") || strstr(text, "doesn't support"))
    return fail(db, KT_CONFIG, "tls-refused",
                "the server has no TLS: turn it on there, or set \"sslmode\" "
                "to disable");
  if (strstr(text, "reset by peer") || strstr(text, "unexpected eof") ||
      strstr(text, "SYSCALL") || strstr(text, "timed out"))
    return fail(db, KT_UNREACHABLE, "unreachable",
                "the connection broke during the TLS handshake");
  return fail_by_number(db, true);
}

/* A member that holds PEM itself becomes a file that only this process sees. */
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
  if (file->fd < 0 || write(file->fd, member, len) != (ssize_t)len)
    return NULL;
  (void)snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
  return file->path;
}

static int set_tls(struct db *db, struct pem_file files[3])
{
  const struct login *login = db->login;
  bool is_off = strcmp(login->sslmode, "disable") == 0;
  bool is_verified = strncmp(login->sslmode, "verify-", 7) == 0;
  const char *ca = is_verified ? pem_path(&files[0], login->sslrootcert) : NULL;
  const char *cert = pem_path(&files[1], login->sslcert);
  const char *key = pem_path(&files[2], login->sslkey);
  if ((is_verified && !ca) || (login->sslcert && !cert) ||
      (login->sslkey && !key))
    return fail(db, KT_BUSY, "no-memory", "no memory for a certificate");
  /* The library opens an unreadable file without a word about it. */
  const char *const paths[] = {ca, cert, key};
  for (int i = 0; i < 3; i++)
    if (!is_off && paths[i] && access(paths[i], R_OK) != 0)
      return fail(db, KT_CONFIG, "tls-file",
                  "a certificate or key file of the secret cannot be read");
#ifdef LIBMARIADB
  my_bool enforce = !is_off;
  /* Here a given authority is always checked, and the name only on demand. */
  my_bool verify = strcmp(login->sslmode, "verify-full") == 0;
  if (!is_off)
    (void)mysql_ssl_set(db->conn, key, cert, ca, NULL, NULL);
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_ENFORCE, &enforce);
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  (void)mysql_options(db->conn, MARIADB_OPT_RESTRICTED_AUTH, PASSWORD_PLUGINS);
#else
  unsigned mode = SSL_MODE_REQUIRED;
  if (is_off)
    mode = SSL_MODE_DISABLED;
  else if (is_verified)
    mode = login->sslmode[7] == 'f' ? SSL_MODE_VERIFY_IDENTITY
                                    : SSL_MODE_VERIFY_CA;
  bool get_key = true; /* caching_sha2_password without TLS needs it */
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_MODE, &mode);
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_CA, ca);
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_CERT, cert);
  (void)mysql_options(db->conn, MYSQL_OPT_SSL_KEY, key);
  (void)mysql_options(db->conn, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
  return KT_OK;
}

static void set_timeouts(struct db *db, unsigned flags)
{
  int64_t left = db->step->host->remaining_ms(db->step);
  unsigned seconds, local_infile = 0, protocol;
  if (left > CONNECT_MS)
    left = CONNECT_MS;
  seconds = left > 1000 ? (unsigned)((left + 999) / 1000) : 1;
  protocol =
      db->login->host[0] == '/' ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  (void)mysql_options(db->conn, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  (void)mysql_options(db->conn, MYSQL_OPT_READ_TIMEOUT, &seconds);
  (void)mysql_options(db->conn, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
  (void)mysql_options(db->conn, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  (void)mysql_options(db->conn, MYSQL_OPT_PROTOCOL, &protocol);
  (void)mysql_options(db->conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (flags & DB_EVEN_EXPIRED) {
#ifdef LIBMARIADB
    my_bool can_change = 1;
#else
    bool can_change = true;
#endif
    (void)mysql_options(db->conn, MYSQL_OPT_CAN_HANDLE_EXPIRED_PASSWORDS,
                        &can_change);
  }
}

static void init_library(void)
{
  (void)mysql_library_init(0, NULL, NULL); /* fails as mysql_init will */
}

static int connect_now(struct db *db, unsigned flags, struct pem_file files[3])
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const struct login *login = db->login;
  const struct kt_host *host = db->step->host;
  const char *dbname = flags & DB_WITH_DATABASE ? login->dbname : NULL;
  bool is_socket = login->host[0] == '/';
  (void)pthread_once(&once, init_library);
  if (host->remaining_ms(db->step) <= 0)
    return fail(db, KT_UNREACHABLE, "no-answer", "the step's time is over");
  db->conn = mysql_init(NULL);
  if (!db->conn)
    return fail(db, KT_BUSY, "no-memory", "no memory for a connection");
  set_timeouts(db, flags);
  int r = set_tls(db, files);
  if (r != KT_OK)
    return r;
  if (!mysql_real_connect(db->conn, is_socket ? NULL : login->host,
                          login->username, login->password, dbname,
                          is_socket ? 0 : login->port,
                          is_socket ? login->host : NULL, 0))
    return connect_failure(db);
  /* A step has a deadline: the watchdog bounds what follows. */
  db->watchdog =
      watchdog_start((int)db->conn->net.fd, host->remaining_ms(db->step));
  if (!db->watchdog)
    return fail(db, KT_BUSY, "no-memory", "no thread for the deadline");
  db->is_private =
      mysql_get_ssl_cipher(db->conn) != NULL || login_is_local(login);
  if (strcmp(login->sslmode, "disable") != 0 && !mysql_get_ssl_cipher(db->conn))
    return fail(db, KT_CONFIG, "tls-refused", "the session is not encrypted");
  return KT_OK;
}

/* sql_mode: quoting must mean one thing.  No statement of ours may wait long
 * for a lock. */
static int prepare_session(struct db *db)
{
  char sql[120];
  (void)snprintf(sql, sizeof sql,
                 "SET SESSION sql_mode = '', autocommit = 1,"
                 " lock_wait_timeout = %d",
                 LOCK_S);
  db->server = server_parse(mysql_get_server_info(db->conn));
  if (!server_is_supported(&db->server))
    return fail(db, KT_CONFIG, "server-unsupported",
                "use MariaDB 10.4 or newer, or MySQL 5.7.6 or newer");
  return db_execute(db, sql);
}

static int read_traits(struct db *db)
{
  static const char mariadb[] =
      "SELECT @@global.read_only, @@global.strict_password_validation AND"
      " EXISTS (SELECT 1 FROM information_schema.PLUGINS"
      "  WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION'"
      "  AND PLUGIN_STATUS = 'ACTIVE')";
  MYSQL_RES *result = NULL;
  int r = db_query(
      db, db->server.is_mariadb ? mariadb : "SELECT @@global.read_only",
      &result);
  if (r != KT_OK)
    return r;
  MYSQL_ROW row = mysql_fetch_row(result);
  db->server.is_read_only = row && row[0] && row[0][0] != '0';
  db->server.has_policy =
      db->server.is_mariadb && row && row[1] && row[1][0] != '0';
  mysql_free_result(result);
  if (db->server.is_mariadb)
    return KT_OK;
  r = db_query(db,
               "SHOW GLOBAL VARIABLES WHERE Variable_name LIKE"
               " 'validate\\_password%' OR Variable_name ="
               " 'caching_sha2_password_digest_rounds'",
               &result);
  if (r != KT_OK)
    return r;
  db->server.sha2_rounds = 5000;
  while ((row = mysql_fetch_row(result)) != NULL) {
    if (row[0][0] == 'v')
      db->server.has_policy = true;
    else
      db->server.sha2_rounds = (unsigned)strtoul(row[1], NULL, 10);
  }
  mysql_free_result(result);
  return KT_OK;
}

int db_open(struct kt_step *step, const struct login *login, unsigned flags,
            struct db *out)
{
  struct db db = {.step = step, .login = login};
  struct pem_file files[3] = {{.fd = -1}, {.fd = -1}, {.fd = -1}};
  int r = connect_now(&db, flags, files);
  for (int i = 0; i < 3; i++)
    if (files[i].fd >= 0)
      (void)close(files[i].fd); /* the library has read it */
  if (r == KT_OK)
    r = prepare_session(&db);
  if (r == KT_OK)
    r = read_traits(&db);
  if (db.is_expired && (flags & DB_EVEN_EXPIRED))
    r = KT_OK;
  if (r != KT_OK) {
    db_close(&db);
    return r;
  }
  *out = db;
  return KT_OK;
}

void db_close(struct db *db)
{
  watchdog_stop(db->watchdog);
  db->watchdog = NULL;
  if (!db->conn)
    return;
#ifdef LIBMARIADB
  /* The library frees its copies of the password without a wipe. */
  if (db->conn->passwd)
    explicit_bzero(db->conn->passwd, strlen(db->conn->passwd));
  if (db->conn->net.buff)
    explicit_bzero(db->conn->net.buff, db->conn->net.max_packet);
#endif
  mysql_close(db->conn);
  db->conn = NULL;
}

int db_require_primary(struct db *db)
{
  if (!db->server.is_read_only)
    return KT_OK;
  return fail(db, KT_CONFIG, "read-only",
              "this server is read_only, where no password can be changed: "
              "name the primary in \"host\"");
}

int db_query(struct db *db, const char *sql, MYSQL_RES **out_result)
{
  if (mysql_real_query(db->conn, sql, strlen(sql)) != 0)
    return fail_by_number(db, true);
  MYSQL_RES *result = mysql_store_result(db->conn);
  if (!result)
    return fail_by_number(db, true);
  *out_result = result;
  return KT_OK;
}

int db_execute(struct db *db, const char *sql)
{
  return mysql_real_query(db->conn, sql, strlen(sql)) == 0
             ? KT_OK
             : fail_by_number(db, true);
}

int db_change(struct db *db, const char *sql)
{
  if (!db->has_mutated) {
    int r = db->step->host->mutating(db->step);
    if (r != KT_OK)
      return r;
    db->has_mutated = true;
  }
  if (mysql_real_query(db->conn, sql, strlen(sql)) == 0)
    return KT_OK;
  if (errnum_is_ambiguous(mysql_errno(db->conn)))
    return fail(db, KT_AMBIGUOUS, "outcome-unknown",
                "no answer to the statement: whether it took effect is not "
                "known");
  return fail_by_number(db, false);
}
