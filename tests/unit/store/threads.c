/* Threads: a write that returned is seen by every reader that comes after. */
#include "temp_store.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WRITES = 60, READERS = 3 };

struct shared {
  struct temp *t;
  _Atomic int written; /* the newest that returned */
  _Atomic bool over;
  _Atomic int bad;
};

static void number(char out[STORE_ID_MAX], int i)
{
  (void)snprintf(out, STORE_ID_MAX, "version-%024d", i);
}

static void *read_all(void *arg)
{
  struct shared *sh = arg;

  while (!atomic_load(&sh->over)) {
    int at_least = atomic_load(&sh->written);
    struct version_row v;
    char want[STORE_ID_MAX];

    number(want, at_least);
    if (store_version_get(sh->t->s, sh->t->id, NULL, NULL, &v, NULL) != 0) {
      atomic_fetch_add(&sh->bad, 1);
      break;
    }
    if (strcmp(v.version_id, want) < 0 || v.sealed_len != strlen(want) ||
        memcmp(v.sealed, v.version_id, v.sealed_len) != 0 || v.n_labels != 1)
      atomic_fetch_add(&sh->bad, 1);
    version_row_release(&v);
  }
  return NULL;
}

static void readers_see_every_write_that_returned(void **state)
{
  struct shared sh = {.t = *state};
  pthread_t readers[READERS];
  char id[STORE_ID_MAX];

  for (int i = 0; i <= WRITES; i++) {
    struct version_put put;
    struct version_row v;
    uint64_t before = store_change_count(sh.t->s);

    number(id, i);
    put = temp_put(id, id, NULL, 0);
    OK(store_version_put(sh.t->s, sh.t->id, &put, NOW, e_));
    assert_int_equal(store_change_count(sh.t->s), before + 1);
    atomic_store(&sh.written, i);
    OK(store_version_get(sh.t->s, sh.t->id, NULL, NULL, &v, e_));
    assert_string_equal(v.version_id, id);
    version_row_release(&v);
    for (int r = 0; i == 0 && r < READERS; r++)
      assert_int_equal(pthread_create(&readers[r], NULL, read_all, &sh), 0);
  }
  atomic_store(&sh.over, true);
  for (int r = 0; r < READERS; r++)
    assert_int_equal(pthread_join(readers[r], NULL), 0);
  assert_int_equal(atomic_load(&sh.bad), 0);
}

/* Every thread rotates a secret of its own, against the others' writes. */
static void *rotate_one(void *arg)
{
  struct temp t = *(struct temp *)arg;
  struct err e = {0};
  char name[32], id[STORE_ID_MAX], owner[32];
  struct secret_row row = {.created_us = NOW};
  int rc = 0;

  (void)snprintf(name, sizeof name, "thread-%lx",
                 (unsigned long)pthread_self());
  (void)snprintf(owner, sizeof owner, "%s", name);
  (void)snprintf(row.name, sizeof row.name, "%s", name);
  (void)snprintf(
      row.arn, sizeof row.arn,
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:%s-AbCdEf", name);
  if (store_secret_insert(t.s, &row, NULL, 0, NULL, &t.id, &e) != 0)
    return arg;
  for (int i = 0; rc == 0 && i < 12; i++) {
    struct version_put put;
    struct job_row job;
    int64_t job_id;
    bool kept;

    number(id, i);
    put = temp_put(id, id, NULL, 0);
    job = temp_job(&t, id);
    job.lease_until_us = NOW + SEC;
    (void)snprintf(job.owner, sizeof job.owner, "%s", owner);
    rc = store_job_start(t.s, &job, NULL, &job_id, &e);
    if (rc == 0)
      rc = store_job_by_id(t.s, job_id, &job, &e);
    if (rc == 0)
      rc = store_job_put_pending(t.s, &job, &put, &kept, &e);
    job.outcome = JOB_SUCCEEDED;
    if (rc == 0)
      rc = store_job_finish(t.s, &job, NULL, NULL, NOW, &e);
  }
  return rc == 0 ? NULL : arg;
}

static void four_threads_rotate_side_by_side(void **state)
{
  struct temp *t = *state;
  struct attempt_row *rows;
  struct event_row *events;
  pthread_t threads[4];
  void *bad;
  size_t n;

  for (int i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, rotate_one, t), 0);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_join(threads[i], &bad), 0);
    assert_null(bad);
  }
  OK(store_event_list(t->s, 0, 100, &events, &n, e_));
  assert_int_equal(n, 96); /* each started, and ended */
  free(events);
  OK(store_attempt_list(t->s, 0, 0, 0, 1, &rows, &n, e_));
  free(rows);
}

/* Two engines in one process race for the same jobs. */
struct race {
  struct temp *t;
  const char *owner;
  int claimed;
};

static void *claim_all(void *arg)
{
  struct race *r = arg;
  struct job_row got[2];
  size_t n;

  for (int i = 0; i < 40; i++) {
    if (store_job_claim(r->t->s, r->owner, NOW, SEC, got, 2, &n, NULL) != 0)
      return arg;
    r->claimed += (int)n;
  }
  return NULL;
}

static void a_job_is_claimed_by_one_of_two(void **state)
{
  struct temp *t = *state;
  struct race races[2] = {{t, "a", 0}, {t, "b", 0}};
  pthread_t threads[2];
  char name[16];
  void *bad;

  for (int i = 0; i < 30; i++) {
    struct job_row job = temp_job(t, V(1));
    int64_t id;

    (void)snprintf(name, sizeof name, "s%d", i);
    job.secret_id = temp_secret(t, name);
    OK(store_job_start(t->s, &job, NULL, &id, e_));
  }
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &races[i]),
                     0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(pthread_join(threads[i], &bad), 0);
    assert_null(bad);
  }
  assert_int_equal(races[0].claimed + races[1].claimed, 30);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(readers_see_every_write_that_returned),
      TEST(four_threads_rotate_side_by_side),
      TEST(a_job_is_claimed_by_one_of_two),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
