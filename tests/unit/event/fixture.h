/* An audit trail over a store in a temporary folder, and its files as bytes
 * to spoil. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "event/audit.h"

#define OK(call)                                                        \
  do {                                                                  \
    struct err *e_ = &(struct err){0};                                  \
    int rc_ = (call);                                                   \
    if (rc_ != 0)                                                       \
      fail_msg("line %d: %s: %s (%d)", __LINE__, #call, e_->text, rc_); \
  } while (0)

#define NOW INT64_C(1790000000000000) /* 2026-09-21T14:13:20Z */
#define ARN "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"

struct moved_clock {
  struct clock clock;
  _Atomic int64_t now_us; /* the keeper reads it */
};

struct trail {
  char dir[64], db[96], folder[96];
  struct store *store;
  struct keyring *keyring;
  struct moved_clock clock;
  struct audit_options options;
  struct audit *audit;
  struct digest_key *key; /* that verify_alone has read; kept, for it is slow */
  /* Of the last verify. */
  struct verify_result result;
  char told[4096];
};

static inline int64_t moved_now(struct clock *c)
{
  return ((struct moved_clock *)c)->now_us;
}

static inline int64_t moved_mono(struct clock *c)
{
  return ((struct moved_clock *)c)->now_us;
}

static inline void trail_open(struct trail *t)
{
  OK(audit_open(&t->options, &t->audit, e_));
}

static inline void trail_close(struct trail *t)
{
  audit_close(t->audit);
  t->audit = NULL;
}

static inline void keyring_prepare(struct trail *t)
{
  unsigned char wrapped[KEYRING_WRAPPED_LEN];
  char id[UUID_TEXT_LEN + 1];
  struct secret root = {0};

  OK(secret_alloc(32, &root, e_));
  memset(root.data, 7, 32);
  OK(keyring_new(&root, random_system(), &t->keyring, e_));
  OK(keyring_make(t->keyring, id, wrapped, e_));
  OK(keyring_load(t->keyring, id, wrapped, sizeof wrapped, e_));
}

static inline int trail_setup(void **state)
{
  static const struct meta_row meta = {
      .store_id = "12345678-2222-4333-8444-555555555555",
      .region = "eu-west-1",
      .account = "123456789012",
      .created_us = NOW,
      .key_check = "proof",
      .key_check_len = 5,
  };
  struct trail *t = calloc(1, sizeof *t);

  (void)snprintf(t->dir, sizeof t->dir, "/tmp/keyturn-audit-XXXXXX");
  assert_non_null(mkdtemp(t->dir));
  (void)snprintf(t->db, sizeof t->db, "%s/store.db", t->dir);
  (void)snprintf(t->folder, sizeof t->folder, "%s/audit", t->dir);
  OK(store_create(t->db, &meta, e_));
  OK(store_open(t->db, &t->store, e_));
  keyring_prepare(t);
  t->clock = (struct moved_clock){{moved_now, moved_mono}, NOW};
  t->options = (struct audit_options){.folder = t->folder,
                                      .store = t->store,
                                      .keyring = t->keyring,
                                      .clock = &t->clock.clock,
                                      .random = random_system(),
                                      .file_bytes = AUDIT_FILE_BYTES,
                                      .digest_us = 3600 * US_PER_S,
                                      .sync_changes = true};
  trail_open(t);
  *state = t;
  return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type,
                             struct FTW *at)
{
  (void)st;
  (void)type;
  (void)at;
  return remove(path);
}

static inline void remove_all(const char *path)
{
  assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline int trail_teardown(void **state)
{
  struct trail *t = *state;

  trail_close(t);
  digest_key_free(t->key);
  keyring_free(t->keyring);
  store_close(t->store);
  remove_all(t->dir);
  free(t);
  return 0;
}

static inline struct audit_request request(const char *name)
{
  return (struct audit_request){
      .event_id = "11111111-2222-4333-8444-555555555555",
      .request_id = "66666666-2222-4333-8444-555555555555",
      .time_us = NOW,
      .event_source = "secretsmanager.amazonaws.com",
      .event_name = name,
      .region = "eu-west-1",
      .source_address = "192.0.2.7",
      .user_agent = "aws-cli/2.15.0",
      .read_only = true,
      .identity_type = "IAMUser",
      .principal_id = "AIDAEXAMPLE",
      .principal_arn = "arn:aws:iam::123456789012:user/anna",
      .account = "123456789012",
      .access_key_id = "AKIAEXAMPLE",
      .user_name = "anna",
      .resource_arn = ARN};
}

static inline void ask(struct trail *t, const char *name)
{
  struct audit_request r = request(name);

  OK(audit_request(t->audit, &r, e_));
}

/* The keeper signs soon after it has begun a file, or when it is time to. */
static inline void wait_for_digests(struct trail *t, int64_t n)
{
  struct audit_stats stats;

  do {
    OK(audit_sync(t->audit, e_));
    audit_stats(t->audit, &stats);
  } while (stats.digests < n);
}

/* ---- verifying ----------------------------------------------------------- */

static inline void on_finding(void *ctx, const struct verify_finding *f)
{
  struct trail *t = ctx;
  size_t len = strlen(t->told);

  (void)snprintf(t->told + len, sizeof t->told - len, "%s:%lld: %s\n", f->file,
                 (long long)f->line, f->text);
}

static inline void key_read(struct trail *t)
{
  struct trail_text pem;

  digest_key_free(t->key);
  OK(trail_text_read(t->folder, TRAIL_PUBLIC_KEY, &pem, e_));
  OK(digest_key_public(pem.data, pem.len, &t->key, e_));
  trail_text_release(&pem);
}

/* With the files and the public key alone; the number of findings. */
static inline int64_t verify_partly(struct trail *t, bool may_be_partial)
{
  struct verify_options o = {.folder = t->folder,
                             .may_be_partial = may_be_partial};

  if (t->key == NULL)
    key_read(t);
  o.key = t->key;
  t->told[0] = '\0';
  OK(verify_run(&o, on_finding, t, &t->result, e_));
  return t->result.findings;
}

static inline int64_t verify_alone(struct trail *t)
{
  return verify_partly(t, false);
}

/* By the daemon, who knows where the trail ends. */
static inline int64_t verify_all(struct trail *t)
{
  t->told[0] = '\0';
  OK(audit_verify(t->audit, on_finding, t, &t->result, e_));
  return t->result.findings;
}

#define TOLD(t, part)                                                         \
  do {                                                                        \
    if (strstr((t)->told, part) == NULL)                                      \
      fail_msg("line %d: not told '%s' but:\n%s", __LINE__, part, (t)->told); \
  } while (0)

/* ---- files --------------------------------------------------------------- */

/* The name of the nth file of lines. */
static inline void file_name(const struct trail *t, size_t n, char out[64])
{
  CLEANUP_FREE struct trail_file *files = NULL;
  size_t count = 0;

  OK(trail_list(t->folder, &files, &count, e_));
  assert_true(n < count);
  (void)snprintf(out, 64, "%s", files[n].name);
}

static inline size_t file_count(const struct trail *t)
{
  CLEANUP_FREE struct trail_file *files = NULL;
  size_t count = 0;

  OK(trail_list(t->folder, &files, &count, e_));
  return count;
}

/* *out: free(); NUL-terminated. */
static inline size_t file_read(const struct trail *t, const char *name,
                               char **out)
{
  struct trail_text m;

  OK(trail_text_read(t->folder, name, &m, e_));
  *out = malloc(m.len + 1);
  if (m.len > 0)
    memcpy(*out, m.data, m.len);
  (*out)[m.len] = '\0';
  trail_text_release(&m);
  return strlen(*out);
}

static inline void file_write(const struct trail *t, const char *name,
                              const char *data, size_t len)
{
  char path[192];
  FILE *f;

  (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
  f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(data, 1, len, f), len);
  assert_int_equal(fclose(f), 0);
}

/* Where the nth line (from 0) begins; the end of the text for the one behind
 * the last. */
static inline size_t line_at(const char *text, size_t n)
{
  const char *at = text;

  while (n-- > 0) {
    at = strchr(at, '\n');
    assert_non_null(at);
    at++;
  }
  return (size_t)(at - text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trail_setup, trail_teardown)

#endif
