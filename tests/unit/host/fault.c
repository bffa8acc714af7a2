/* The named fault points of the plugin host do what they are named after. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

#ifdef KEYTURN_FAULTS

static const struct supervisor_options quick = {.backoff_ms = 1,
                                                .kill_ms = 200};

/* keyturnd dies as soon as the step was sent.  In a process of its own, and
 * the first test here: fault points are read once a process. */
static void the_daemon_dies_after_it_sent_set(void **state)
{
  struct asker *a = asker_new("ok");
  struct err e = {0};
  struct world w;
  char folder[64];
  int fds[2], status;
  pid_t pid;

  (void)state;
  assert_int_equal(pipe(fds), 0);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    (void)setenv("KEYTURN_FAULT", "rot.set.after_send=kill", 1);
    world_open(&w, "host_acts", quick);
    (void)!write(fds[1], w.folder, sizeof w.folder);
    (void)run(&w, a, STEP_CREATE);
    (void)!write(fds[1], "c", 1);
    (void)ask_rotator(&w, a, "host-acts", STEP_SET, 9000, &e);
    (void)!write(fds[1], "s", 1); /* not reached */
    _exit(0);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_int_equal(read(fds[0], folder, sizeof folder), sizeof folder);
  (void)close(fds[1]);
  assert_int_equal(read(fds[0], folder + 63, 1), 1);
  assert_int_equal(folder[63], 'c');
  assert_int_equal(read(fds[0], folder + 63, 1), 0);
  (void)close(fds[0]);
  folder_remove(folder);
  asker_free(a);
}

/* The child dies there, once: its successor is given no faults. */
static void dies_at(const char *fault, unsigned n_mutating, bool is_at_end)
{
  struct asker *a = asker_new("calls");
  struct world w;

  (void)setenv("KEYTURN_FAULT", fault, 1);
  world_open(&w, "host_acts", quick);
  assert_int_equal(run(&w, a, STEP_CREATE), KT_AMBIGUOUS);
  assert_true(a->result.killed);
  assert_string_equal(a->result.code, "host-crash");
  assert_int_equal(a->n_mutating, n_mutating);
  assert_int_equal(a->n_put, is_at_end);
  assert_int_equal(run(&w, a, STEP_CREATE), KT_OK);
  world_close(&w);
  asker_free(a);
  (void)unsetenv("KEYTURN_FAULT");
}

static void the_child_dies_where_it_is_told(void **state)
{
  (void)state;
  dies_at("child.before_step=kill", 0, false);
  dies_at("child.after_mutating=kill", 1, false);
  dies_at("child.after_step=kill", 1, true);
}

/* Stopped, not dead: only the deadline can tell. */
static void a_stopped_child_is_killed_at_the_deadline(void **state)
{
  struct asker *a = asker_new("ok");
  struct world w;

  (void)state;
  (void)setenv("KEYTURN_FAULT", "child.before_step=stop", 1);
  world_open(&w, "host_acts", quick);
  ask(&w, a, STEP_SET, 100);
  await(&w, a);
  assert_int_equal(a->result.kt_class, KT_AMBIGUOUS);
  assert_string_equal(a->result.code, "host-deadline");
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  world_close(&w);
  asker_free(a);
  (void)unsetenv("KEYTURN_FAULT");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_daemon_dies_after_it_sent_set),
      cmocka_unit_test(the_child_dies_where_it_is_told),
      cmocka_unit_test(a_stopped_child_is_killed_at_the_deadline),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
  (void)puts("skipped: built without KEYTURN_FAULTS");
  return 77;
}

#endif
