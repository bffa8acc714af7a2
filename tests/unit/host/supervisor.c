/* Processes that die, hang, lie and come back; plugins that cannot be used;
 * the end of it all. */
#include "fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"

#define QUICK                                        \
  (struct supervisor_options)                        \
  {                                                  \
    .backoff_ms = 1, .kill_ms = 200, .load_ms = 5000 \
  }

static int64_t now_ms(void)
{
  return clock_mono_us(clock_system()) / US_PER_MS;
}

static void a_dead_process_leaves_its_steps_ambiguous(void **state)
{
  struct step_result r;
  struct world w;

  (void)state;
  world_open(&w, "host_acts", QUICK);
  assert_int_equal(act(&w, "crash", &r), KT_AMBIGUOUS);
  assert_true(r.killed);
  assert_string_equal(r.code, "host-crash");
  assert_string_equal(r.message, "the plugin host died of signal 11 in "
                                 "setSecret; what the step did is unknown");
  assert_int_equal(act(&w, "exit", &r), KT_AMBIGUOUS);
  assert_true(r.killed);
  assert_non_null(strstr(r.message, "exited with status 0 in setSecret"));
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  world_close(&w);
}

static void a_lie_on_the_wire_is_death(void **state)
{
  static const char *const lies[] = {
      "garbage",  "oversize",     "unknown-type",   "unknown-field",
      "wrong-id", "engine-words", "describe-again", "hang-up"};
  struct step_result r;
  struct world w;

  (void)state;
  world_open(&w, "host_acts", QUICK);
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    int64_t start = now_ms();

    assert_int_equal(act(&w, lies[i], &r), KT_AMBIGUOUS);
    assert_true(r.killed);
    assert_string_equal(r.code, "host-protocol");
    assert_true(now_ms() - start < 3000);
    assert_int_equal(act(&w, "ok", NULL), KT_OK);
  }
  world_close(&w);
}

static void a_step_that_hangs_is_killed_after_its_deadline(void **state)
{
  struct asker *hangs = asker_new("hang"), *polite = asker_new("polite"),
               *beside = asker_new("hang");
  struct world w;
  int64_t start, took;

  (void)state;
  world_open(&w, "host_acts", (struct supervisor_options){0});
  start = now_ms();
  ask(&w, polite, STEP_TEST, 300);
  ask(&w, hangs, STEP_SET, 300);
  ask(&w, beside, STEP_REVERT, 60000);
  await(&w, polite);
  assert_int_equal(polite->result.kt_class, KT_BUSY);
  assert_string_equal(polite->result.code, "told-to-end");
  assert_false(polite->result.killed);
  await(&w, hangs);
  took = now_ms() - start;
  assert_true(took >= 1300 && took < 2300); /* deadline + 1 s, not much more */
  assert_int_equal(hangs->result.kt_class, KT_AMBIGUOUS);
  assert_true(hangs->result.killed);
  assert_string_equal(hangs->result.code, "host-deadline");
  await(&w, beside);
  assert_int_equal(beside->result.kt_class, KT_AMBIGUOUS);
  assert_true(beside->result.killed);
  assert_string_equal(beside->result.code, "host-killed");
  assert_non_null(strstr(beside->result.message, "setSecret of another"));
  /* A late step is not a crash: there is no wait for the next process. */
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  assert_int_equal(supervisor_problems(w.s, NULL, 0), 0);
  asker_free(hangs);
  asker_free(polite);
  asker_free(beside);
  world_close(&w);
}

static void a_cancelled_step_is_told_at_once(void **state)
{
  struct asker *a = asker_new("polite");
  struct world w;
  int64_t start;

  (void)state;
  world_open(&w, "host_acts", QUICK);
  start = now_ms();
  ask(&w, a, STEP_SET, 60000);
  w.r->cancel(w.r, a);
  w.r->cancel(w.r, &w); /* nobody: nothing happens */
  assert_int_equal(a->n_done, 0);
  await(&w, a);
  assert_int_equal(a->result.kt_class, KT_BUSY);
  assert_true(now_ms() - start < 5000);
  asker_free(a);
  world_close(&w);
}

static void many_steps_run_at_once(void **state)
{
  struct asker *all[33];
  char gate[128], current[192];
  struct world w;
  FILE *f;

  (void)state;
  world_open(&w, "host_acts", (struct supervisor_options){0});
  (void)snprintf(gate, sizeof gate, "%s/gate", w.folder);
  (void)snprintf(current, sizeof current, "{\"gate\":\"%s\"}", gate);
  for (int i = 0; i < 33; i++) {
    all[i] = asker_new("gate");
    all[i]->current = current;
    ask(&w, all[i], STEP_SET, 30000);
  }
  for (int i = 0; i < 32; i++)
    while (all[i]->n_log == 0)
      (void)uv_run(&w.loop, UV_RUN_ONCE);
  assert_int_equal(all[32]->n_log, 0); /* over the cap: it waits */
  assert_int_equal(children(NULL, 0), 1);
  f = fopen(gate, "w");
  assert_non_null(f);
  (void)fclose(f);
  for (int i = 0; i < 33; i++) {
    await(&w, all[i]);
    assert_int_equal(all[i]->result.kt_class, KT_OK);
    assert_int_equal(all[i]->n_done, 1);
    asker_free(all[i]);
  }
  world_close(&w);
}

static void serial_plugins_get_one_step_at_a_time(void **state)
{
  struct asker *first = asker_new("gate"), *second = asker_new("ok"),
               *third = asker_new("ok");
  struct world w;
  struct err e = {0};

  (void)state;
  world_open(&w, "host_serial", QUICK);
  first->current = "{\"gate\":\"/nonexistent\"}";
  assert_int_equal(ask_rotator(&w, first, "host-serial", STEP_SET, 400, &e), 0);
  assert_int_equal(ask_rotator(&w, second, "host-serial", STEP_SET, 100, &e),
                   0);
  assert_int_equal(ask_rotator(&w, third, "host-serial", STEP_SET, 9000, &e),
                   0);
  await(&w, second);
  assert_int_equal(first->n_done, 0);
  assert_int_equal(second->result.kt_class, KT_BUSY); /* it never began */
  assert_string_equal(second->result.code, "host-busy");
  assert_false(second->result.killed);
  await(&w, third);
  assert_int_equal(first->n_done, 1);
  assert_int_equal(third->result.kt_class, KT_OK);
  asker_free(first);
  asker_free(second);
  asker_free(third);
  world_close(&w);
}

static void five_crashes_in_a_row_are_quarantine(void **state)
{
  struct asker *a = asker_new("crash");
  struct plugin_problem p;
  struct world w;
  struct err e = {0};

  (void)state;
  world_open(&w, "host_acts host_bare", QUICK);
  for (int i = 0; i < 4; i++)
    assert_int_equal(act(&w, "crash", NULL), KT_AMBIGUOUS);
  assert_int_equal(act(&w, "ok", NULL), KT_OK); /* the row begins again */
  assert_int_equal(supervisor_problems(w.s, &p, 1), 0);
  for (int i = 0; i < 5; i++)
    assert_int_equal(act(&w, "crash", NULL), KT_AMBIGUOUS);
  assert_int_equal(ask_rotator(&w, a, "host-acts", STEP_SET, 1000, &e),
                   -ERR_BUSY);
  assert_non_null(strstr(e.text, "host_acts.so"));
  assert_int_equal(supervisor_problems(w.s, &p, 1), 1);
  assert_string_equal(p.plugin, "host_acts.so");
  assert_non_null(strstr(p.text, "in quarantine: 5 crashes in a row"));
  assert_int_equal(ask_rotator(&w, a, "host-bare", STEP_SET, 9000, &e), 0);
  await(&w, a); /* the others go on */
  assert_int_equal(a->result.kt_class, KT_OK);
  /* A reload is one more try; a success ends it. */
  assert_int_equal(supervisor_reload(w.s, &e), 0);
  assert_int_equal(run(&w, a, STEP_SET), KT_AMBIGUOUS);
  assert_int_equal(ask_rotator(&w, a, "host-acts", STEP_SET, 1000, &e),
                   -ERR_BUSY);
  assert_int_equal(supervisor_reload(w.s, &e), 0);
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  assert_int_equal(supervisor_problems(w.s, &p, 1), 0);
  assert_int_equal(act(&w, "crash", NULL), KT_AMBIGUOUS);
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  asker_free(a);
  world_close(&w);
}

static void problem_has(struct world *w, const char *plugin, const char *text)
{
  struct plugin_problem all[16];
  size_t n = supervisor_problems(w->s, all, 16);

  for (size_t i = 0; i < n; i++)
    if (strcmp(all[i].plugin, plugin) == 0) {
      if (strstr(all[i].text, text) == NULL)
        fail_msg("%s: %s", plugin, all[i].text);
      assert_null(strchr(all[i].text, '\n'));
      return;
    }
  fail_msg("%s is no problem", plugin);
}

static void problem_count(struct world *w, size_t expected)
{
  struct plugin_problem all[16];
  size_t n = supervisor_problems(w->s, all, 16);

  for (size_t i = 0; i < n && n != expected; i++)
    print_error("%s: %s\n", all[i].plugin, all[i].text);
  assert_int_equal(n, expected);
}

static void bad_plugins_are_named_and_others_go_on(void **state)
{
  struct world w;
  char path[256];
  FILE *f;

  (void)state;
  world_open(&w,
             "host_acts host_twin host_bare no_symbol abi_newer abi_older "
             "not_elf empty tiny_struct unresolved host_crash_load "
             "host_slow_load",
             (struct supervisor_options){.load_ms = 2000});
  problem_has(&w, "host_twin.so", "host-acts is offered by host_acts.so");
  problem_has(&w, "no_symbol.so", "exports no kt_module");
  problem_has(&w, "abi_newer.so", "upgrade Keyturn");
  problem_has(&w, "abi_older.so", "rebuild the plugin");
  problem_has(&w, "not_elf.so", "not an ELF file");
  problem_has(&w, "empty.so", "not an ELF file");
  problem_has(&w, "tiny_struct.so", "bytes");
  problem_has(&w, "unresolved.so", "cannot load the plugin");
  problem_has(&w, "host_crash_load.so", "signal 11 while it loaded");
  problem_has(&w, "host_slow_load.so", "did not load within 2000 ms");
  problem_count(&w, 10);
  assert_int_equal(supervisor_rotators(w.s, NULL, 0), 2);
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  /* A file that others may write is not even opened. */
  (void)snprintf(path, sizeof path, "%s/writable.so", w.folder);
  f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fchmod(fileno(f), 0666), 0);
  (void)fclose(f);
  assert_int_equal(supervisor_reload(w.s, NULL), 0);
  while (strstr(w.notices, "writable.so: ") == NULL)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  if (strstr(w.notices, "can be written by") == NULL)
    fail_msg("%s", strstr(w.notices, "writable.so: "));
  world_close(&w);
}

static void rotators_are_known_without_a_step(void **state)
{
  struct rotator_info info, all[4];
  struct asker *a = asker_new("ok");
  struct world w;
  struct err e = {0};

  (void)state;
  world_open(&w, "host_acts host_bare", QUICK);
  assert_int_equal(w.r->find(w.r, "nobody", &info, &e), -ERR_NOT_FOUND);
  assert_int_equal(w.r->find(w.r, "host-acts", &info, &e), 0);
  assert_string_equal(info.version, "1.2");
  assert_string_equal(info.summary, "acts as it is told (for tests)");
  assert_string_equal(info.plugin, "host_acts.so");
  assert_int_equal(info.grace_s, 7);
  assert_true(info.has_finish && info.has_check && info.has_revert &&
              info.has_retire);
  assert_non_null(strstr(info.secret_schema, "writeOnly"));
  assert_null(info.options_schema);
  assert_int_equal(supervisor_rotators(w.s, all, 4), 2);
  assert_string_equal(all[1].name, "host-bare");
  assert_false(all[1].has_finish || all[1].has_check || all[1].has_revert ||
               all[1].has_retire);
  assert_int_equal(ask_rotator(&w, a, "host-bare", STEP_RETIRE, 1000, &e),
                   -ERR_NOT_FOUND);
  assert_int_equal(ask_rotator(&w, a, "nobody", STEP_SET, 1000, &e),
                   -ERR_NOT_FOUND);
  assert_int_equal(ask_rotator(&w, a, "host-bare", STEP_FINISH, 9000, &e), 0);
  await(&w, a); /* a finish that is not there is OK */
  assert_int_equal(a->result.kt_class, KT_OK);
  asker_free(a);
  world_close(&w);
}

static void plugins_come_and_go_with_a_reload(void **state)
{
  struct rotator_info info;
  struct world w;
  struct err e = {0};
  char path[256], other[256];

  (void)state;
  world_open(&w, "host_acts", QUICK);
  plugin_add(&w, "host_bare");
  assert_int_equal(supervisor_reload(w.s, &e), 0);
  while (w.r->find(w.r, "host-bare", &info, &e) != 0)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  /* Another file under the old name: its rotators take over. */
  (void)snprintf(path, sizeof path, "%s/host_acts.so", w.folder);
  (void)snprintf(other, sizeof other, "%s/host_serial.so", w.folder);
  plugin_add(&w, "host_serial");
  assert_int_equal(rename(other, path), 0);
  assert_int_equal(supervisor_reload(w.s, &e), 0);
  while (w.r->find(w.r, "host-serial", &info, &e) != 0)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  assert_int_equal(w.r->find(w.r, "host-acts", &info, &e), -ERR_NOT_FOUND);
  (void)snprintf(path, sizeof path, "%s/host_bare.so", w.folder);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(supervisor_reload(w.s, &e), 0);
  assert_int_equal(w.r->find(w.r, "host-bare", &info, &e), -ERR_NOT_FOUND);
  while (children(NULL, 0) > 1)
    (void)uv_run(&w.loop, UV_RUN_ONCE);
  world_close(&w);
}

static void close_now(struct asker *a)
{
  struct world *w = a->arg;

  supervisor_close(w->s, 300, on_world_closed, w);
}

static void closing_waits_for_polite_steps_and_kills_others(void **state)
{
  struct asker *hangs = asker_new("hang"), *polite = asker_new("polite"),
               *last = asker_new("ok");
  struct world w;
  int64_t start;

  (void)state;
  world_open(&w, "host_acts host_bare", QUICK);
  ask(&w, hangs, STEP_SET, 60000);
  ask(&w, polite, STEP_SET, 60000);
  ask(&w, last, STEP_SET, 60000);
  last->then = close_now; /* from within done */
  last->arg = &w;
  start = now_ms();
  (void)uv_run(&w.loop, UV_RUN_DEFAULT);
  assert_true(w.is_closed);
  assert_int_equal(last->n_done, 1);
  assert_int_equal(hangs->n_done + polite->n_done, 0);
  assert_true(now_ms() - start < 3000);
  assert_int_equal(children(NULL, 0), 0);
  assert_int_equal(uv_loop_close(&w.loop), 0);
  folder_remove(w.folder);
  asker_free(hangs);
  asker_free(polite);
  asker_free(last);
}

static void what_a_plugin_forked_dies_with_it(void **state)
{
  struct asker *a = asker_new("fork");
  struct world w;
  pid_t pid;

  (void)state;
  /* Orphans come to us, so that they can be seen to die. */
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  world_open(&w, "host_acts", QUICK);
  assert_int_equal(run(&w, a, STEP_SET), KT_AMBIGUOUS);
  assert_int_equal(strncmp(a->log, "forked ", 7), 0);
  pid = (pid_t)strtol(a->log + 7, NULL, 10);
  assert_true(pid > 0);
  while (kill(pid, 0) == 0)
    (void)waitpid(pid, NULL, 0);
  asker_free(a);
  world_close(&w);
}

/* Runs a supervisor in a process that then dies without a word. */
static void orphan_make(int to)
{
  struct asker *a = asker_new("hang");
  struct world w;
  pid_t child = 0;

  world_open(&w, "host_acts", QUICK);
  ask(&w, a, STEP_SET, 60000);
  (void)children(&child, 1);
  (void)!write(to, &child, sizeof child);
  (void)!write(to, w.folder, sizeof w.folder);
  (void)kill(getpid(), SIGKILL);
}

static void no_child_outlives_a_killed_daemon(void **state)
{
  char folder[64];
  pid_t daemon, child = 0;
  int fds[2];

  (void)state;
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  assert_int_equal(pipe(fds), 0);
  daemon = fork();
  assert_true(daemon >= 0);
  if (daemon == 0)
    orphan_make(fds[1]);
  assert_int_equal(read(fds[0], &child, sizeof child), sizeof child);
  assert_int_equal(read(fds[0], folder, sizeof folder), sizeof folder);
  assert_int_equal(waitpid(daemon, NULL, 0), daemon);
  assert_true(child > 0);
  while (kill(child, 0) == 0)
    (void)waitpid(child, NULL, 0); /* ours now: it dies, or we time out */
  folder_remove(folder);
  (void)close(fds[0]);
  (void)close(fds[1]);
}

static void two_hundred_steps_leave_no_descriptor(void **state)
{
  struct world w;
  unsigned before;

  (void)state;
  world_open(&w, "host_acts", QUICK);
  assert_int_equal(act(&w, "crash", NULL), KT_AMBIGUOUS);
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  before = open_descriptors();
  for (int i = 0; i < 200; i++)
    assert_int_equal(act(&w, i % 20 == 0 ? "crash" : "calls", NULL),
                     i % 20 == 0 ? KT_AMBIGUOUS : KT_OK);
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  assert_int_equal(open_descriptors(), before);
  world_close(&w);
}

static bool status_has(pid_t pid, const char *line)
{
  char path[64], text[256];
  bool has = false;
  FILE *f;

  (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(text, sizeof text, f) != NULL)
    has = has || strcmp(text, line) == 0;
  (void)fclose(f);
  return has;
}

static void plugins_can_run_as_another_account(void **state)
{
  struct supervisor_options o = {.uid = 65534, .gid = 65534, .kill_ms = 200};
  struct asker *a = asker_new("hang");
  struct world w;
  pid_t pid = 0;

  (void)state;
  if (geteuid() != 0)
    skip(); /* takes root */
  world_open(&w, "host_acts", o);
  assert_int_equal(children(&pid, 1), 1);
  assert_true(status_has(pid, "Uid:\t65534\t65534\t65534\t65534\n"));
  assert_true(status_has(pid, "Gid:\t65534\t65534\t65534\t65534\n"));
  assert_true(status_has(pid, "Groups:\t \n"));
  assert_true(status_has(pid, "CapEff:\t0000000000000000\n"));
  assert_int_equal(act(&w, "calls", NULL), KT_OK);
  ask(&w, a, STEP_SET, 100);
  await(&w, a);
  assert_int_equal(a->result.kt_class, KT_AMBIGUOUS);
  asker_free(a);
  world_close(&w);
}

static void a_broken_setup_is_an_error(void **state)
{
  struct supervisor_options o = {.plugin_dir = "/nonexistent",
                                 .rotator_path = "/bin/true"};
  struct supervisor *s;
  uv_loop_t loop;
  struct err e = {0};

  (void)state;
  assert_int_equal(uv_loop_init(&loop), 0);
  assert_int_equal(supervisor_open(&loop, &o, &s, &e), -ERR_CONFIG);
  assert_non_null(strstr(e.text, "/nonexistent"));
  o.plugin_dir = "/tmp";
  o.rotator_path = "/nonexistent/keyturn-rotator";
  assert_int_equal(supervisor_open(&loop, &o, &s, &e), -ERR_CONFIG);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dead_process_leaves_its_steps_ambiguous),
      cmocka_unit_test(a_lie_on_the_wire_is_death),
      cmocka_unit_test(a_step_that_hangs_is_killed_after_its_deadline),
      cmocka_unit_test(a_cancelled_step_is_told_at_once),
      cmocka_unit_test(many_steps_run_at_once),
      cmocka_unit_test(serial_plugins_get_one_step_at_a_time),
      cmocka_unit_test(five_crashes_in_a_row_are_quarantine),
      cmocka_unit_test(bad_plugins_are_named_and_others_go_on),
      cmocka_unit_test(rotators_are_known_without_a_step),
      cmocka_unit_test(plugins_come_and_go_with_a_reload),
      cmocka_unit_test(closing_waits_for_polite_steps_and_kills_others),
      cmocka_unit_test(what_a_plugin_forked_dies_with_it),
      cmocka_unit_test(no_child_outlives_a_killed_daemon),
      cmocka_unit_test(two_hundred_steps_leave_no_descriptor),
      cmocka_unit_test(plugins_can_run_as_another_account),
      cmocka_unit_test(a_broken_setup_is_an_error),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
