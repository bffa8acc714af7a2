/* Who did what: the lines that fit, the newest first, page by page. */
#include "fixture.h"

#include "event/trail/search.h"

#define ALL ((size_t)1 << 30)

struct names {
  char text[4096]; /* "EventName " of what was found */
  size_t n;
};

static int note(void *ctx, const char *line, size_t len, struct err *e)
{
  struct names *f = ctx;
  const char *at = memmem(line, len, "\"eventName\":\"", 13);
  size_t used = strlen(f->text);

  (void)e;
  assert_non_null(at);
  (void)snprintf(f->text + used, sizeof f->text - used, "%.*s ",
                 (int)strcspn(at + 13, "\""), at + 13);
  f->n++;
  return 0;
}

static int64_t search(struct trail *t, struct search_query q, struct names *f)
{
  int64_t next = -1;

  *f = (struct names){0};
  q.folder = t->folder;
  q.limit = q.limit == 0 ? 1000 : q.limit;
  q.bytes = q.bytes == 0 ? ALL : q.bytes;
  OK(search_run(&q, note, f, &next, e_));
  return next;
}

#define FINDS(want, ...)                                                     \
  do {                                                                       \
    struct names f_;                                                         \
    assert_int_equal(search(t, (struct search_query){__VA_ARGS__}, &f_), 0); \
    assert_string_equal(f_.text, want);                                      \
  } while (0)

/* Five lines a day apart, by two people, about two secrets. */
static void fill(struct trail *t)
{
  static const struct {
    const char *action, *user, *arn, *error, *source;
  } rows[] = {
      {"CreateSecret", "anna", ARN, NULL, "192.0.2.7"},
      {"GetSecretValue", "otto", ARN, "AccessDeniedException", "192.0.2.99"},
      {"GetSecretValue", "anna", ARN, NULL, "198.51.100.1"},
      {"DeleteSecret", "otto", NULL, "ResourceNotFoundException", "192.0.2.9"},
      {"DescribeSecret", "anna", ARN, NULL, "192.0.2.7"},
  };

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct audit_param id = {.name = "secretId", .text = "other"};
    struct audit_request r = request(rows[i].action);
    char arn[80];

    (void)snprintf(arn, sizeof arn, "arn:aws:iam::123456789012:user/%s",
                   rows[i].user);
    r.user_name = rows[i].user;
    r.principal_arn = arn;
    r.resource_arn = rows[i].arn;
    r.error_code = rows[i].error;
    r.source_address = rows[i].source;
    r.time_us = NOW + (int64_t)i * US_PER_DAY;
    if (rows[i].arn == NULL) {
      r.params = &id;
      r.n_params = 1;
    }
    OK(audit_request(t->audit, &r, e_));
  }
}

static void each_question_has_its_answer(void **state)
{
  struct trail *t = *state;

  fill(t);
  FINDS("DescribeSecret DeleteSecret GetSecretValue GetSecretValue "
        "CreateSecret ",
        0);
  FINDS("DeleteSecret GetSecretValue ", .user = "otto");
  FINDS("DeleteSecret GetSecretValue ",
        .user = "arn:aws:iam::123456789012:user/otto");
  FINDS("", .user = "tto"); /* whole names only */
  FINDS("GetSecretValue GetSecretValue ", .action = "getsecretvalue");
  FINDS("DescribeSecret GetSecretValue GetSecretValue CreateSecret ",
        .secret = "db");
  FINDS("DescribeSecret GetSecretValue GetSecretValue CreateSecret ",
        .secret = ARN);
  FINDS("DeleteSecret ", .secret = "other");
  FINDS("", .secret = "d");
  FINDS("DeleteSecret GetSecretValue ", .error = "any");
  FINDS("GetSecretValue ", .error = "AccessDeniedException");
  FINDS("GetSecretValue ", .source = "198.51.");
  FINDS("GetSecretValue ", .user = "anna", .action = "GetSecretValue");
}

static void times_are_from_and_before(void **state)
{
  struct trail *t = *state;

  fill(t);
  FINDS("DescribeSecret DeleteSecret ", .since_us = NOW + 3 * US_PER_DAY);
  FINDS("GetSecretValue CreateSecret ", .until_us = NOW + 2 * US_PER_DAY);
  FINDS("GetSecretValue ", .since_us = NOW + US_PER_DAY,
        .until_us = NOW + 2 * US_PER_DAY);
}

static void pages_go_on_where_they_ended(void **state)
{
  struct trail *t = *state;
  struct search_query q = {.limit = 2};
  struct names f;
  char all[256] = "";

  fill(t);
  do {
    q.before = search(t, q, &f);
    assert_true(f.n <= 2);
    (void)strncat(all, f.text, sizeof all - strlen(all) - 1);
  } while (q.before != 0);
  assert_string_equal(all, "DescribeSecret DeleteSecret GetSecretValue "
                           "GetSecretValue CreateSecret ");
  /* Who may look at few bytes finds nothing at first, and the rest later. */
  q = (struct search_query){.action = "CreateSecret", .bytes = 1};
  for (int i = 0; i < 4; i++) {
    q.before = search(t, q, &f);
    assert_int_equal(f.n, 0);
    assert_true(q.before != 0);
  }
  assert_int_equal(search(t, q, &f), 0);
  assert_string_equal(f.text, "CreateSecret ");
}

static void files_are_searched_from_the_last(void **state)
{
  struct trail *t = *state;

  t->options.file_bytes = 1;
  trail_close(t);
  trail_open(t);
  for (int i = 0; i < 3; i++) {
    ask(t, i == 0 ? "First" : "Later");
    while (file_count(t) < (size_t)i + 2)
      OK(audit_sync(t->audit, e_));
  }
  FINDS("Later Later First ", 0);
  FINDS("First ", .action = "First");
  FINDS("First ", .before = 2);
}

/* A name may have a quote in it, and pose as another member. */
static void no_text_poses_as_a_member(void **state)
{
  struct trail *t = *state;
  struct audit_request r = request("GetSecretValue");

  r.user_agent = "\",\"errorCode\":\"Fake\",\"eventTime\":\"1999";
  OK(audit_request(t->audit, &r, e_));
  FINDS("", .error = "any");
  FINDS("GetSecretValue ", .since_us = NOW - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(each_question_has_its_answer),
      TEST(times_are_from_and_before),
      TEST(pages_go_on_where_they_ended),
      TEST(files_are_searched_from_the_last),
      TEST(no_text_poses_as_a_member),
  };

  return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
