/* What a client may call a secret: a name, an ARN, an ARN without its suffix.
 *
 * Input: the SecretId.  The store behind it has the names that are easily
 * mistaken for one another.  What is found must be called so.
 */
#include "secret/resolve.h"

#include <unistd.h>

#include "fuzz.h"
#include "secret/name.h"

#define NOW_US INT64_C(1790000000000000)
#define REGION "eu-west-1"
#define ARN    "arn:aws:secretsmanager:" REGION ":123456789012:secret:"

static const struct {
  const char *name, *suffix;
} secrets[] = {
    {"a", "-AbCdEf"},        {"a-AbCdEf", "-GhIjKl"},
    {"db/app", "-123456"},   {"db/app-123456", "-zzzzzz"},
    {"arn-like", "-Secret"}, {"_+=.@-", "-aaaaaa"},
    {"secret", "-secret"},   {"x:y", "-aaaaaa"},
};

static void insert(struct store *s, const char *name, const char *suffix)
{
  struct secret_row row = {.created_us = NOW_US, .changed_us = NOW_US};
  struct err e = {0};
  int64_t id;

  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(row.arn, sizeof row.arn, ARN "%s%s", name, suffix);
  if (store_secret_insert(s, &row, NULL, 0, NULL, &id, &e) != 0) {
    (void)fprintf(stderr, "%s: %s\n", name, e.text);
    abort();
  }
}

/* In a folder that is removed at once: SQLite has the files open. */
static struct store *store_make(void)
{
  static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
  const struct meta_row meta = {
      .store_id = "12345678-2222-4333-8444-555555555555",
      .region = REGION,
      .account = "123456789012",
      .created_us = NOW_US,
      .key_check = "proof",
      .key_check_len = 5,
  };
  char dir[] = "/tmp/kt-fuzz-XXXXXX", path[64], file[80];
  struct store *s = NULL;
  struct err e = {0};

  CLAIM(mkdtemp(dir) != NULL);
  (void)snprintf(path, sizeof path, "%s/store", dir);
  CLAIM(store_create(path, &meta, &e) == 0);
  CLAIM(store_open(path, &s, &e) == 0);
  for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
    insert(s, secrets[i].name, secrets[i].suffix);
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
    (void)snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
    (void)unlink(file); /* one of them may not be there */
  }
  (void)rmdir(dir); /* what is left over is in /tmp */
  return s;
}

static void found_check(const char *id, const struct secret_row *row)
{
  size_t id_len = strlen(id), arn_len = strlen(row->arn);

  CLAIM(strcmp(row->region, REGION) == 0);
  if (!name_is_arn(id))
    CLAIM(strcmp(id, row->name) == 0 && name_check(id, NULL) == 0);
  else
    CLAIM(strcmp(id, row->arn) == 0 ||
          (id_len == arn_len - NAME_SUFFIX_LEN - 1 &&
           strncmp(id, row->arn, id_len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static struct store *s; /* one for all inputs; nothing is written to it */
  char *id = fuzz_text(data, len);
  struct secret_row row, live;
  struct err e = {0};
  int rc;

  if (s == NULL)
    s = store_make();
  rc = secret_resolve(s, REGION, id, &row, &e);
  if (rc == 0)
    found_check(id, &row);
  else
    CLAIM(rc == -ERR_NOT_FOUND || rc == -ERR_VALIDATION);
  CLAIM(secret_resolve_live(s, REGION, id, &live, &e) == rc);
  CLAIM(name_check(id, &e) == 0 || rc != 0 || name_is_arn(id));
  free(id);
  return 0;
}
