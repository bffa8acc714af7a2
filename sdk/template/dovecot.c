/* A complete Keyturn rotator, to start yours from.  See keyturn-rotator(3).
 *
 * Its target is a passwd-file of Dovecot with one line, NAME:{SHA256}HASH.
 * Who may write the file may change the password: there is no admin secret.
 */
#include <errno.h>
#include <keyturn/rotator.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "writeOnly" says what is secret; the rest may show up in messages. */
static const char secret_schema[] =
    "{\"type\": \"object\","
    " \"required\": [\"file\", \"username\", \"password\"],"
    " \"properties\": {"
    "  \"file\": {\"type\": \"string\", \"pattern\": \"^/\"},"
    "  \"username\": {\"type\": \"string\", \"pattern\": \"^[^:]+$\"},"
    "  \"password\": {\"type\": \"string\", \"writeOnly\": true}}}";

/* What the failure means to the engine, and what it says to a person. */
static int failed(struct kt_step *s, const char *file)
{
  int class = errno == ENOENT   ? KT_UNREACHABLE
              : errno == EACCES ? KT_DENIED
                                : KT_BUSY;

  s->host->error(s, "file", "%s: %s", file, strerror(errno));
  return class;
}

/* The line that the file must have for this stage's password. */
static int line_make(struct kt_step *s, const char *stage, const char **file,
                     char *line, size_t size)
{
  unsigned char hash[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
  const char *user, *password;
  unsigned n;

  if (s->host->get_field(s, KT_SECRET, stage, "file", file) != KT_OK ||
      s->host->get_field(s, KT_SECRET, stage, "username", &user) != KT_OK ||
      s->host->get_field(s, KT_SECRET, stage, "password", &password) != KT_OK)
    return KT_MISSING;
  if (!EVP_Digest(password, strlen(password), hash, &n, EVP_sha256(), NULL))
    return KT_BUSY;
  (void)EVP_EncodeBlock(text, hash, (int)n);
  return (size_t)snprintf(line, size, "%s:{SHA256}%s\n", user, text) < size
             ? KT_OK
             : KT_CONFIG;
}

/* Does the file take this stage's password?  KT_AUTH: it does not. */
static int verify(struct kt_step *s, const char *stage)
{
  char wanted[512], line[512] = "";
  const char *file;
  int rc = line_make(s, stage, &file, wanted, sizeof wanted);
  FILE *f = rc == KT_OK ? fopen(file, "re") : NULL;

  if (f == NULL)
    return rc == KT_OK ? failed(s, file) : rc;
  (void)fgets(line, sizeof line, f); /* an empty file refuses everybody */
  (void)fclose(f);
  return strcmp(line, wanted) == 0 ? KT_OK : KT_AUTH;
}

/* Makes the file take this stage's password.  To look first keeps a repeat
 * harmless.  (A server that counts failed logins is asked about the pending
 * value only when s->maybe_set is 1.) */
static int store(struct kt_step *s, const char *stage)
{
  char line[512], fresh[4096];
  const char *file;
  struct stat st;
  FILE *f;
  int rc = verify(s, stage);

  if (rc != KT_AUTH)
    return rc;
  rc = line_make(s, stage, &file, line, sizeof line);
  if (rc == KT_OK)
    rc = s->host->mutating(s); /* a crash is ambiguous from here on */
  if (rc != KT_OK)
    return rc;
  (void)snprintf(fresh, sizeof fresh, "%s.new", file);
  if ((f = fopen(fresh, "we")) == NULL)
    return failed(s, fresh);
  rc = stat(file, &st) != 0 || fchmod(fileno(f), st.st_mode & 0777) != 0 ||
       fchown(fileno(f), st.st_uid, st.st_gid) != 0 || fputs(line, f) < 0 ||
       fflush(f) != 0 || fsync(fileno(f)) != 0;
  rc = fclose(f) != 0 || rc || rename(fresh, file) != 0;
  return rc == 0 ? KT_OK : failed(s, file);
}

static int create_secret(struct kt_step *s)
{
  struct kt_field field = {"password", NULL};
  int rc = s->host->random_password(s, NULL, &field.value);

  return rc == KT_OK ? s->host->put_pending_fields(s, &field, 1) : rc;
}

/* clang-format off */
static int set_secret(struct kt_step *s)    { return store(s, "AWSPENDING"); }
static int test_secret(struct kt_step *s)   { return verify(s, s->stage); }
static int check(struct kt_step *s)         { return verify(s, "AWSCURRENT"); }
static int revert_secret(struct kt_step *s) { return store(s, "AWSCURRENT"); }

static const struct kt_rotator dovecot = {
    .size = sizeof dovecot, .name = "dovecot", .version = "1.0",
    .summary = "a Dovecot passwd-file with one user",
    .secret_schema = secret_schema,
    .create_secret = create_secret, .set_secret = set_secret,
    .test_secret = test_secret, .check = check,
    .revert_secret = revert_secret};
/* clang-format on */
KT_MODULE(&dovecot)
