/* A store in a temporary folder, and short ways to fill it. */
#ifndef TEMP_STORE_H
#define TEMP_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define NOW  INT64_C(1790000000000000)
#define DAY  US_PER_DAY
#define SEC  US_PER_S
#define KEY  "99999999-2222-4333-8444-555555555555"
#define V(n) "0000000" #n "-2222-4333-8444-555555555555"

static const struct meta_row temp_meta = {
    .store_id = "12345678-2222-4333-8444-555555555555",
    .region = "eu-west-1",
    .account = "123456789012",
    .created_us = NOW,
    .key_check = "proof",
    .key_check_len = 5,
};

struct temp {
  char dir[64], path[96];
  struct store *s;
  int64_t id; /* of a secret that temp_setup makes */
};

#define OK(call)                                                        \
  do {                                                                  \
    struct err *e_ = &(struct err){0};                                  \
    int rc_ = (call);                                                   \
    if (rc_ != 0)                                                       \
      fail_msg("line %d: %s: %s (%d)", __LINE__, #call, e_->text, rc_); \
  } while (0)

/* The call fails with `code`, and its text has `part`. */
#define FAILS(want, part, call)                                             \
  do {                                                                      \
    struct err *e_ = &(struct err){0};                                      \
    int rc_ = (call);                                                       \
    if (rc_ != -(int)(want) || e_->code != (want) ||                        \
        strstr(e_->text, part) == NULL)                                     \
      fail_msg("line %d: %s gave %d '%s'", __LINE__, #call, rc_, e_->text); \
  } while (0)

static inline void temp_remove(struct temp *t)
{
  static const char *const suffixes[] = {"", "-wal", "-shm", ".new", ".lock"};
  char path[128];

  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    (void)snprintf(path, sizeof path, "%s%s", t->path, suffixes[i]);
    (void)unlink(path);
  }
  (void)rmdir(t->dir);
}

static inline struct temp *temp_new(void)
{
  struct temp *t = calloc(1, sizeof *t);

  (void)snprintf(t->dir, sizeof t->dir, "/tmp/keyturn-store-XXXXXX");
  assert_non_null(mkdtemp(t->dir));
  (void)snprintf(t->path, sizeof t->path, "%s/store.db", t->dir);
  return t;
}

static inline void temp_open(struct temp *t)
{
  OK(store_open(t->path, &t->s, e_));
}

static inline void temp_close(struct temp *t)
{
  store_close(t->s);
  t->s = NULL;
}

static inline int64_t temp_secret(struct temp *t, const char *name)
{
  struct secret_row row = {.created_us = NOW, .changed_us = NOW};
  int64_t id;

  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(row.arn, sizeof row.arn,
                 "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
                 "%s-AbCdEf",
                 name);
  OK(store_secret_insert(t->s, &row, NULL, 0, NULL, &id, e_));
  return id;
}

static inline int temp_setup(void **state)
{
  struct temp *t = temp_new();

  OK(store_create(t->path, &temp_meta, e_));
  temp_open(t);
  t->id = temp_secret(t, "db/app");
  *state = t;
  return 0;
}

static inline int temp_teardown(void **state)
{
  struct temp *t = *state;

  if (t->s != NULL)
    OK(store_check(t->s, e_));
  temp_close(t);
  temp_remove(t);
  free(t);
  return 0;
}

static inline struct version_put temp_put(const char *version_id,
                                          const char *value,
                                          const char *const *labels, size_t n)
{
  return (struct version_put){version_id, false,  value, strlen(value),
                              KEY,        labels, n};
}

static inline void temp_value(struct temp *t, const char *version_id,
                              const char *label)
{
  struct version_put put =
      temp_put(version_id, version_id, &label, label == NULL ? 0 : 1);

  OK(store_version_put(t->s, t->id, &put, NOW, e_));
}

/* The version that has the label; "" for none. */
static inline const char *temp_holder(struct temp *t, const char *label)
{
  static char id[STORE_ID_MAX];
  struct version_row v;

  id[0] = '\0';
  if (store_version_get(t->s, t->id, NULL, label, &v, NULL) == 0) {
    (void)snprintf(id, sizeof id, "%s", v.version_id);
    version_row_release(&v);
  }
  return id;
}

#define HOLDS(t, label, version) \
  assert_string_equal(temp_holder(t, label), version)

static inline struct job_row temp_job(struct temp *t, const char *version_id)
{
  struct job_row job = {.secret_id = t->id,
                        .kind = JOB_SCHEDULED,
                        .created_us = NOW,
                        .started_us = NOW,
                        .wake_us = NOW};

  (void)snprintf(job.version_id, sizeof job.version_id, "%s", version_id);
  (void)snprintf(job.rotator, sizeof job.rotator, "postgres-single-user");
  return job;
}

/* Starts a job and claims it for "engine-1". */
static inline struct job_row temp_running(struct temp *t,
                                          const char *version_id)
{
  struct job_row job = temp_job(t, version_id), claimed[2];
  int64_t id;
  size_t n;

  OK(store_job_start(t->s, &job, NULL, &id, e_));
  OK(store_job_claim(t->s, "engine-1", NOW, 30 * SEC, claimed, 2, &n, e_));
  assert_int_equal(n, 1);
  assert_int_equal(claimed[0].id, id);
  return claimed[0];
}

/* Enabled rules, due then. */
static inline void temp_rules(struct temp *t, int64_t id, int64_t due_us)
{
  struct rules_row r = {.enabled = true, .days = 30, .grace_s = -1};

  r.next_due_us = due_us;
  r.window_end_us = due_us == 0 ? 0 : due_us + 3600 * SEC;
  OK(store_rules_put(t->s, id, &r, NOW, e_));
}

/* A body that runs in a program of its own: faults are read once. */
struct temp_body {
  const char *name;
  int (*run)(struct temp *t);
};

/* Runs the body of that name with the faults of `spec`; its exit status, or
 * minus the signal that ended it. */
static inline int temp_child(const char *spec, const char *name, struct temp *t)
{
  char id[24];
  int status;
  pid_t pid = fork();

  assert_true(pid >= 0);
  if (pid == 0) {
    if (spec != NULL)
      (void)setenv("KEYTURN_FAULT", spec, 1);
    (void)snprintf(id, sizeof id, "%lld", (long long)t->id);
    (void)execl("/proc/self/exe", "child", name, t->path, id, NULL);
    _exit(98);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* For main: true when this process is such a child; *out is its status. */
static inline bool temp_is_child(int argc, char **argv,
                                 const struct temp_body *bodies, size_t n,
                                 int *out)
{
  struct temp t = {0};

  if (argc != 4)
    return false;
  *out = 97;
  (void)snprintf(t.path, sizeof t.path, "%s", argv[2]);
  t.id = strtoll(argv[3], NULL, 10);
  for (size_t i = 0; i < n; i++)
    if (strcmp(bodies[i].name, argv[1]) == 0)
      *out = bodies[i].run(&t);
  return true;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, temp_setup, temp_teardown)

#endif
