/* The rotators memory-single-user and memory-overlap: a JSON file plays the
 * target, so that tutorials and tests need no server.
 *
 * Here are the steps around the strategies: fetch the passwords, open the
 * target, pass the file's switches before and after.
 */
#include <string.h>

#include "strategy.h"

extern const char memory_secret_schema[], memory_options_schema[];

int stage_password(struct kt_step *step, const char *stage,
                   const char **out_password)
{
  int rc =
      step->host->get_field(step, KT_SECRET, stage, "password", out_password);

  if (rc == KT_MISSING)
    step->host->error(step, "secret-field", "%s has no password", stage);
  return rc;
}

/* A step is its work between the switches. */
static int step_run(struct kt_step *step, const char *word, kt_step_fn *work)
{
  int rc;

  target_count(step, 1);
  rc = target_switch(step, word, PLACE_BEFORE);
  if (rc == KT_OK)
    rc = work(step);
  if (rc == KT_OK)
    rc = target_switch(step, word, PLACE_AFTER);
  target_count(step, -1);
  return rc;
}

static int create_work(struct kt_step *step)
{
  struct kt_field field = {"password", NULL};
  const void *pending;
  size_t len;
  int rc;

  /* A repeat after a crash: do not draw what would not be kept. */
  if (step->host->get_value(step, KT_SECRET, "AWSPENDING", &pending, &len) ==
      KT_OK)
    return KT_OK;
  rc = step->host->random_password(step, NULL, &field.value);
  return rc == KT_OK ? step->host->put_pending_fields(step, &field, 1) : rc;
}

static int create_secret(struct kt_step *step)
{
  return step_run(step, "create", create_work);
}

typedef int strategy_fn(struct target *, const char *, const char *);

/* Calls the strategy with the passwords of two stages; the second stage's is
 * NULL when it is optional and absent. */
static int with_target(struct kt_step *step, const char *stage, bool optional,
                       strategy_fn *work)
{
  const char *current, *other = NULL;
  struct target t;
  int rc = stage_password(step, "AWSCURRENT", &current);

  if (rc != KT_OK)
    return rc;
  rc = stage_password(step, stage, &other);
  if (rc != KT_OK && !(optional && rc == KT_MISSING))
    return rc;
  rc = target_open(step, &t);
  if (rc != KT_OK)
    return rc;
  rc = work(&t, current, other);
  target_close(&t);
  return rc;
}

static int test_work(struct kt_step *step)
{
  const char *password;
  struct target t;
  int rc = stage_password(step, step->stage, &password);

  if (rc == KT_OK)
    rc = target_open(step, &t);
  if (rc != KT_OK)
    return rc;
  rc = target_login(&t, password);
  target_close(&t);
  return rc;
}

static int test_secret(struct kt_step *step)
{
  return step_run(step, "test", test_work);
}

static int finish_work(struct kt_step *step)
{
  (void)step; /* nothing to say; the switches may */
  return KT_OK;
}

static int finish_secret(struct kt_step *step)
{
  return step_run(step, "finish", finish_work);
}

static int check_work(struct kt_step *step)
{
  const char *current;
  struct target t;
  int rc = stage_password(step, "AWSCURRENT", &current);

  if (rc == KT_OK)
    rc = target_open(step, &t);
  if (rc != KT_OK)
    return rc;
  rc = target_login(&t, current);
  if (rc == KT_OK)
    rc = target_authorize(&t, current);
  if (rc == KT_OK)
    step->host->log(step, KT_INFO, "ready: %s accepts account %s", t.path,
                    t.user);
  target_close(&t);
  return rc;
}

static int check(struct kt_step *step)
{
  return step_run(step, "check", check_work);
}

static int single_set_work(struct kt_step *step)
{
  return with_target(step, "AWSPENDING", false, single_user_set);
}

static int single_revert_work(struct kt_step *step)
{
  return with_target(step, "AWSPENDING", true, single_user_revert);
}

static int overlap_set_work(struct kt_step *step)
{
  return with_target(step, "AWSPENDING", false, overlap_set);
}

static int overlap_revert_work(struct kt_step *step)
{
  return with_target(step, "AWSPENDING", true, overlap_revert);
}

static int overlap_retire_work(struct kt_step *step)
{
  return with_target(step, "AWSPREVIOUS", false, overlap_retire);
}

static int single_set(struct kt_step *step)
{
  return step_run(step, "set", single_set_work);
}

static int single_revert(struct kt_step *step)
{
  return step_run(step, "revert", single_revert_work);
}

static int set_both(struct kt_step *step)
{
  return step_run(step, "set", overlap_set_work);
}

static int revert_both(struct kt_step *step)
{
  return step_run(step, "revert", overlap_revert_work);
}

static int retire(struct kt_step *step)
{
  return step_run(step, "retire", overlap_retire_work);
}

static const struct kt_rotator single_user = {
    .size = sizeof(struct kt_rotator),
    .name = "memory-single-user",
    .version = "1",
    .summary = "a password in a JSON file, replaced in place (for tests)",
    .secret_schema = memory_secret_schema,
    .options_schema = memory_options_schema,
    .create_secret = create_secret,
    .set_secret = single_set,
    .test_secret = test_secret,
    .finish_secret = finish_secret,
    .check = check,
    .revert_secret = single_revert,
};

static const struct kt_rotator overlap = {
    .size = sizeof(struct kt_rotator),
    .name = "memory-overlap",
    .version = "1",
    .summary = "two passwords at once in a JSON file, no gap (for tests)",
    .secret_schema = memory_secret_schema,
    .options_schema = memory_options_schema,
    .flags = KT_OVERLAP,
    .grace_s = 60,
    .create_secret = create_secret,
    .set_secret = set_both,
    .test_secret = test_secret,
    .finish_secret = finish_secret,
    .check = check,
    .revert_secret = revert_both,
    .retire_secret = retire,
};

KT_MODULE(&single_user, &overlap)
