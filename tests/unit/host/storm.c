/* Everything at once, again and again, by a seed: each step that was started
 * is answered exactly once, whatever its neighbours do, and nothing is left.
 */
#include "fixture.h"

#define STEPS 400

static unsigned seed;

static unsigned draw(unsigned below)
{
  seed = seed * 1103515245 + 12345;
  return (seed >> 8) % below;
}

static const char *const acts[] = {
    "ok",        "ok",           "calls",    "ok",           "silent",
    "unlisted",  "crash",        "exit",     "hang",         "polite",
    "garbage",   "oversize",     "wrong-id", "unknown-type", "hang-up",
    "write-out", "engine-words", "flood",    "big",          "fields"};

static bool is_honest(const struct asker *a)
{
  return strcmp(a->act, "ok") == 0 || strcmp(a->act, "calls") == 0 ||
         strcmp(a->act, "big") == 0;
}

/* Honest steps end well, or their process was killed, or there was none. */
static void judge(const struct asker *a)
{
  assert_int_equal(a->n_done, 1);
  if (!is_honest(a))
    return;
  if (a->result.killed)
    assert_int_equal(a->result.kt_class, KT_AMBIGUOUS);
  else if (a->result.kt_class != KT_OK && a->result.kt_class != KT_BUSY)
    fail_msg("%s: %s: %s", a->act, class_name(a->result.kt_class),
             a->result.message);
}

static void storm(unsigned number)
{
  struct asker *all[STEPS];
  struct world w;
  struct err e = {0};
  unsigned n = 0, n_done = 0;

  seed = number;
  world_open(&w, "host_acts host_serial host_bare",
             (struct supervisor_options){.backoff_ms = 1,
                                         .kill_ms = 50,
                                         .steps_max = 8,
                                         .crashes_max = 1000000});
  while (n < STEPS) {
    const char *rotator = draw(4) == 0 ? "host-serial" : "host-acts";

    all[n] = asker_new(acts[draw(sizeof acts / sizeof acts[0])]);
    assert_int_equal(
        ask_rotator(&w, all[n], rotator, STEP_SET, 20 + draw(200), &e), 0);
    n++;
    if (draw(16) == 0)
      w.r->cancel(w.r, all[draw(n)]);
    if (draw(50) == 0)
      assert_int_equal(supervisor_reload(w.s, &e), 0);
    for (unsigned i = draw(4); i > 0; i--)
      (void)uv_run(&w.loop, UV_RUN_NOWAIT);
  }
  while (n_done < STEPS) {
    (void)uv_run(&w.loop, UV_RUN_ONCE);
    n_done = 0;
    for (unsigned i = 0; i < n; i++)
      n_done += all[i]->n_done > 0;
  }
  assert_int_equal(act(&w, "ok", NULL), KT_OK);
  for (unsigned i = 0; i < n; i++) {
    judge(all[i]);
    asker_free(all[i]);
  }
  world_close(&w);
  assert_int_equal(children(NULL, 0), 0);
}

static void every_step_is_answered_once(void **state)
{
  (void)state;
  for (unsigned i = 1; i <= 5; i++)
    storm(i);
}

static unsigned n_answered(struct asker *const *all, unsigned n)
{
  unsigned n_done = 0;

  for (unsigned i = 0; i < n; i++)
    n_done += all[i]->n_done > 0;
  return n_done;
}

/* The same, closed in the middle. */
static void closing_in_a_storm_leaves_nothing(void **state)
{
  struct asker *all[64];
  struct err e = {0};

  (void)state;
  for (unsigned round = 1; round <= 10; round++) {
    struct world w;
    unsigned before[64];

    seed = round;
    world_open(&w, "host_acts host_serial",
               (struct supervisor_options){.backoff_ms = 1, .kill_ms = 50});
    for (unsigned i = 0; i < 64; i++) {
      all[i] = asker_new(acts[draw(sizeof acts / sizeof acts[0])]);
      assert_int_equal(ask_rotator(&w, all[i],
                                   draw(3) == 0 ? "host-serial" : "host-acts",
                                   STEP_SET, 20 + draw(200), &e),
                       0);
    }
    /* Where all are answered already nothing would end a wait. */
    for (unsigned i = draw(20); i > 0 && n_answered(all, 64) < 64; i--)
      (void)uv_run(&w.loop, UV_RUN_ONCE);
    for (unsigned i = 0; i < 64; i++)
      before[i] = all[i]->n_done;
    supervisor_close(w.s, draw(100), on_world_closed, &w);
    (void)uv_run(&w.loop, UV_RUN_DEFAULT);
    assert_true(w.is_closed);
    assert_int_equal(uv_loop_close(&w.loop), 0);
    assert_int_equal(children(NULL, 0), 0);
    folder_remove(w.folder);
    for (unsigned i = 0; i < 64; i++) {
      assert_int_equal(all[i]->n_done, before[i]);
      asker_free(all[i]);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_step_is_answered_once),
      cmocka_unit_test(closing_in_a_storm_leaves_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
