/* fields.c - reads a login out of a secret, and refuses what cannot work.
 *
 * The members are those of AWS's database secrets, and ours for TLS.  The one
 * decision made here is sslmode: never one that may fall back to plaintext on
 * a network.  Who may use which login is left to the strategies.
 */
#include "fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_CA    "/etc/ssl/certs/ca-certificates.crt"
#define DEFAULT_PORT "3306"

int field_read(struct kt_step *step, enum kt_source source, const char *stage,
               const char *name, const char **out_value)
{
  const char *value = NULL;
  int r = step->host->get_field(step, source, stage, name, &value);
  if (r != KT_OK && r != KT_MISSING)
    return r;
  if (r == KT_MISSING || value[0] == '\0')
    value = NULL;
  *out_value = value;
  return KT_OK;
}

bool option_is_true(struct kt_step *step, const char *name)
{
  const char *value = NULL;
  return field_read(step, KT_OPTIONS, NULL, name, &value) == KT_OK && value &&
         strcmp(value, "true") == 0;
}

bool login_is_same_server(const struct login *a, const struct login *b)
{
  return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

bool login_is_same_user(const struct login *a, const struct login *b)
{
  return login_is_same_server(a, b) && strcmp(a->username, b->username) == 0;
}

bool login_is_local(const struct login *login)
{
  const char *host = login->host;
  return host[0] == '/' || strcmp(host, "localhost") == 0 ||
         strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

static const char *default_sslmode(const struct login *login, const char *ssl)
{
  if (ssl && strcmp(ssl, "false") == 0)
    return "disable";
  if (login->sslrootcert || (ssl && strcmp(ssl, "true") == 0))
    return "verify-full";
  return login_is_local(login) ? "disable" : "require";
}

static int judge_sslmode(struct kt_step *step, struct login *login,
                         const char *ssl)
{
  if (!login->sslmode) {
    login->sslmode = default_sslmode(login, ssl);
  } else if (strcmp(login->sslmode, "disable") != 0 &&
             strcmp(login->sslmode, "require") != 0 &&
             strcmp(login->sslmode, "verify-ca") != 0 &&
             strcmp(login->sslmode, "verify-full") != 0) {
    step->host->error(step, "sslmode",
                      "%s: \"sslmode\" must be disable, require, verify-ca or "
                      "verify-full; others may fall back to plaintext",
                      login->stage);
    return KT_CONFIG;
  }
  /* A Unix socket has no TLS, and needs none. */
  if (login->host[0] == '/')
    login->sslmode = "disable";
  if (strncmp(login->sslmode, "verify-", 7) == 0 && !login->sslrootcert)
    login->sslrootcert = SYSTEM_CA;
  return KT_OK;
}

static int judge_engine(struct kt_step *step, const char *stage,
                        const char *engine)
{
  static const char *const known[] = {"mysql", "mariadb", "aurora-mysql",
                                      "aurora"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!engine || strcmp(engine, known[i]) == 0)
      return KT_OK;
  step->host->error(step, "engine",
                    "%s: \"engine\" must be mysql or mariadb for this rotator",
                    stage);
  return KT_CONFIG;
}

static int judge_port(struct kt_step *step, const char *label, const char *text,
                      unsigned *out_port)
{
  char *end = NULL;
  errno = 0;
  unsigned long port = strtoul(text, &end, 10);
  if (errno == 0 && *end == '\0' && port >= 1 && port <= 65535) {
    *out_port = (unsigned)port;
    return KT_OK;
  }
  step->host->error(step, "port", "%s: \"port\" must be a number to 65535",
                    label);
  return KT_CONFIG;
}

struct wanted {
  const char *name;
  const char **into;
  const char *fallback; /* NULL: the member is required … */
  bool optional;        /* … unless it may be absent */
};

static int read_members(struct kt_step *step, enum kt_source source,
                        const char *stage, const char *label,
                        const struct wanted *wanted, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    int r = field_read(step, source, stage, wanted[i].name, wanted[i].into);
    if (r != KT_OK)
      return r;
    if (*wanted[i].into || wanted[i].optional)
      continue;
    if (!wanted[i].fallback) {
      step->host->error(step, "field-missing", "%s: the secret needs \"%s\"",
                        label, wanted[i].name);
      return KT_CONFIG;
    }
    *wanted[i].into = wanted[i].fallback;
  }
  return KT_OK;
}

int login_read(struct kt_step *step, const char *stage, struct login *out)
{
  struct login login = {.stage = stage};
  const char *engine = NULL, *ssl = NULL, *port = NULL;
  const void *data = NULL;
  size_t len = 0;
  const struct wanted wanted[] = {
      {"engine", &engine, NULL, true},
      {"host", &login.host, NULL, false},
      {"port", &port, DEFAULT_PORT, false},
      {"dbname", &login.dbname, NULL, true},
      {"username", &login.username, NULL, false},
      {"password", &login.password, NULL, false},
      {"hosts", &login.hosts, NULL, true},
      {"ssl", &ssl, NULL, true},
      {"sslmode", &login.sslmode, NULL, true},
      {"sslrootcert", &login.sslrootcert, NULL, true},
      {"sslcert", &login.sslcert, NULL, true},
      {"sslkey", &login.sslkey, NULL, true},
  };
  int r = step->host->get_value(step, KT_SECRET, stage, &data, &len);
  if (r == KT_OK)
    r = read_members(step, KT_SECRET, stage, stage, wanted,
                     sizeof wanted / sizeof *wanted);
  if (r == KT_OK)
    r = judge_engine(step, stage, engine);
  if (r == KT_OK)
    r = judge_port(step, stage, port, &login.port);
  if (r == KT_OK)
    r = judge_sslmode(step, &login, ssl);
  if (r == KT_OK)
    *out = login;
  return r;
}

/* The admin's password goes only to the server its own secret names: else
 * whoever may write the rotated secret could have it sent anywhere. */
static int judge_admin_server(struct kt_step *step, const struct login *admin,
                              const struct login *target)
{
  if (login_is_same_server(admin, target) ||
      option_is_true(step, "admin_any_host"))
    return KT_OK;
  step->host->error(step, "admin-host",
                    "the admin secret must name the same \"host\" and \"port\" "
                    "as this one (or set the option admin_any_host)");
  return KT_CONFIG;
}

static int read_admin(struct kt_step *step, const struct login *target,
                      struct login *out)
{
  struct login login = {.stage = "admin"};
  const char *ssl = NULL, *port = NULL;
  bool any_host = option_is_true(step, "admin_any_host");
  const struct wanted wanted[] = {
      {"host", &login.host, any_host ? target->host : NULL, false},
      {"port", &port, NULL, true},
      {"username", &login.username, NULL, false},
      {"password", &login.password, NULL, false},
      {"ssl", &ssl, NULL, true},
      {"sslmode", &login.sslmode, NULL, true},
      {"sslrootcert", &login.sslrootcert, NULL, true},
      {"sslcert", &login.sslcert, NULL, true},
      {"sslkey", &login.sslkey, NULL, true},
  };
  int r = read_members(step, KT_ADMIN, NULL, "admin", wanted,
                       sizeof wanted / sizeof *wanted);
  if (r == KT_OK && !port && any_host)
    login.port = target->port;
  else if (r == KT_OK)
    r = judge_port(step, "admin", port ? port : DEFAULT_PORT, &login.port);
  if (r != KT_OK)
    return r;
  /* One server has one certificate authority: the target's serves both. */
  if (!login.sslmode && !ssl && !login.sslrootcert) {
    login.sslmode = target->sslmode;
    login.sslrootcert = target->sslrootcert;
  } else {
    r = judge_sslmode(step, &login, ssl);
  }
  if (r == KT_OK)
    r = judge_admin_server(step, &login, target);
  if (r == KT_OK)
    *out = login;
  return r;
}

int login_read_admin(struct kt_step *step, const struct login *target,
                     struct login *out, bool *out_present)
{
  const char *arn = NULL;
  const void *data = NULL;
  size_t len = 0;
  int r = field_read(step, KT_SECRET, "AWSCURRENT", "masterarn", &arn);
  if (r != KT_OK)
    return r;
  r = step->host->get_value(step, KT_ADMIN, NULL, &data, &len);
  if (r == KT_MISSING && !arn) {
    *out_present = false;
    return KT_OK;
  }
  if (r == KT_MISSING) {
    step->host->error(step, "admin-missing",
                      "the secret that \"masterarn\" names cannot be read: "
                      "correct the ARN or restore that secret");
    return KT_CONFIG;
  }
  if (r == KT_OK)
    r = read_admin(step, target, out);
  if (r == KT_OK)
    *out_present = true;
  return r;
}
