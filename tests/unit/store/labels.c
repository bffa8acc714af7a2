/* The label rules of store/labels.c, each as a fact. */
#include "temp_store.h"

static const char *const both[] = {"AWSPENDING", "AWSCURRENT"};

static void the_first_value_is_current_whatever_it_names(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), "mine");
  HOLDS(t, "AWSCURRENT", V(1));
  HOLDS(t, "mine", V(1));
}

static void a_value_without_labels_becomes_current(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), NULL);
  HOLDS(t, "AWSCURRENT", V(2));
  HOLDS(t, "AWSPREVIOUS", V(1));
  temp_value(t, V(3), NULL);
  HOLDS(t, "AWSCURRENT", V(3));
  HOLDS(t, "AWSPREVIOUS", V(2));
}

static void named_labels_leave_current_alone(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), "AWSPENDING");
  HOLDS(t, "AWSCURRENT", V(1));
  HOLDS(t, "AWSPENDING", V(2));
  HOLDS(t, "AWSPREVIOUS", "");
  temp_value(t, V(3), "AWSPENDING");
  HOLDS(t, "AWSPENDING", V(3));
}

static void who_loses_current_loses_pending_and_keeps_its_own(void **state)
{
  static const char *const labels[] = {"AWSCURRENT", "AWSPENDING", "mine"};
  struct temp *t = *state;
  struct version_put put = temp_put(V(1), "x", labels, 3);

  OK(store_version_put(t->s, t->id, &put, NOW, e_));
  temp_value(t, V(2), NULL);
  HOLDS(t, "AWSPREVIOUS", V(1));
  HOLDS(t, "AWSPENDING", "");
  HOLDS(t, "mine", V(1));
}

static void current_and_pending_go_to_one_version(void **state)
{
  struct temp *t = *state;
  struct version_put put = temp_put(V(2), "x", both, 2);

  temp_value(t, V(1), NULL);
  OK(store_version_put(t->s, t->id, &put, NOW, e_));
  HOLDS(t, "AWSCURRENT", V(2));
  HOLDS(t, "AWSPENDING", V(2));
  HOLDS(t, "AWSPREVIOUS", V(1));
}

static void moving_an_attached_label_names_its_holder(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), "mine");
  temp_value(t, V(2), "other");
  FAILS(ERR_PARAMETER,
        "The parameter RemoveFromVersionId can't be empty. Staging label mine "
        "is currently attached to version " V(
            1) ", so you must explicitly "
               "reference that version in RemoveFromVersionId.",
        store_label_move(t->s, t->id, "mine", NULL, V(2), NOW, e_));
  FAILS(ERR_PARAMETER, "RemoveFromVersionId",
        store_label_move(t->s, t->id, "mine", V(2), V(2), NOW, e_));
  HOLDS(t, "mine", V(1));
  OK(store_label_move(t->s, t->id, "mine", V(1), V(2), NOW, e_));
  HOLDS(t, "mine", V(2));
  HOLDS(t, "AWSPREVIOUS", "");
}

static void a_free_label_needs_no_holder(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  OK(store_label_move(t->s, t->id, "mine", NULL, V(1), NOW, e_));
  HOLDS(t, "mine", V(1));
  OK(store_label_move(t->s, t->id, "mine", NULL, V(1), NOW, e_));
  OK(store_label_move(t->s, t->id, "mine", V(1), NULL, NOW, e_));
  HOLDS(t, "mine", "");
  FAILS(ERR_PARAMETER, "isn't attached",
        store_label_move(t->s, t->id, "mine", V(1), NULL, NOW, e_));
  FAILS(ERR_PARAMETER, "must provide",
        store_label_move(t->s, t->id, "mine", NULL, NULL, NOW, e_));
}

static void moving_current_makes_previous_and_leaves_pending(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), "AWSPENDING");
  OK(store_label_move(t->s, t->id, "AWSCURRENT", V(1), V(2), NOW, e_));
  HOLDS(t, "AWSCURRENT", V(2));
  HOLDS(t, "AWSPREVIOUS", V(1));
  HOLDS(t, "AWSPENDING", V(2));
  /* And back: the loser had AWSPENDING. */
  OK(store_label_move(t->s, t->id, "AWSCURRENT", V(2), V(1), NOW, e_));
  HOLDS(t, "AWSPREVIOUS", V(2));
  HOLDS(t, "AWSPENDING", "");
}

static void removing_pending_leaves_previous_alone(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  temp_value(t, V(2), NULL);
  temp_value(t, V(3), "AWSPENDING");
  OK(store_label_move(t->s, t->id, "AWSPENDING", V(3), NULL, NOW, e_));
  HOLDS(t, "AWSPENDING", "");
  HOLDS(t, "AWSPREVIOUS", V(1));
}

static void current_is_never_taken_away(void **state)
{
  struct temp *t = *state;

  temp_value(t, V(1), NULL);
  FAILS(ERR_PARAMETER, "only move",
        store_label_move(t->s, t->id, "AWSCURRENT", V(1), NULL, NOW, e_));
  HOLDS(t, "AWSCURRENT", V(1));
}

static void a_label_goes_only_to_a_version_that_is_there(void **state)
{
  struct temp *t = *state;
  struct job_row job = temp_job(t, V(9));
  int64_t id;

  temp_value(t, V(1), NULL);
  FAILS(ERR_NOT_FOUND, "VersionId: " V(7),
        store_label_move(t->s, t->id, "mine", NULL, V(7), NOW, e_));
  OK(store_job_start(t->s, &job, NULL, &id, e_));
  FAILS(ERR_REQUEST, "no value",
        store_label_move(t->s, t->id, "AWSCURRENT", V(1), V(9), NOW, e_));
  FAILS(ERR_NOT_FOUND, "specified secret.",
        store_label_move(t->s, 4711, "mine", NULL, V(1), NOW, e_));
}

static void a_secret_has_at_most_twenty_labels(void **state)
{
  struct temp *t = *state;
  char label[16];

  temp_value(t, V(1), NULL);
  for (int i = 1; i < STORE_LABELS; i++) {
    (void)snprintf(label, sizeof label, "l%d", i);
    OK(store_label_move(t->s, t->id, label, NULL, V(1), NOW, e_));
  }
  FAILS(ERR_LIMIT, "20",
        store_label_move(t->s, t->id, "one-more", NULL, V(1), NOW, e_));
  HOLDS(t, "one-more", "");
  /* AWSPREVIOUS would be the 21st: nothing of the put remains. */
  {
    struct version_put put = temp_put(V(2), "x", NULL, 0);

    FAILS(ERR_LIMIT, "20", store_version_put(t->s, t->id, &put, NOW, e_));
  }
  HOLDS(t, "AWSCURRENT", V(1));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(the_first_value_is_current_whatever_it_names),
      TEST(a_value_without_labels_becomes_current),
      TEST(named_labels_leave_current_alone),
      TEST(who_loses_current_loses_pending_and_keeps_its_own),
      TEST(current_and_pending_go_to_one_version),
      TEST(moving_an_attached_label_names_its_holder),
      TEST(a_free_label_needs_no_holder),
      TEST(moving_current_makes_previous_and_leaves_pending),
      TEST(removing_pending_leaves_previous_alone),
      TEST(current_is_never_taken_away),
      TEST(a_label_goes_only_to_a_version_that_is_there),
      TEST(a_secret_has_at_most_twenty_labels),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
