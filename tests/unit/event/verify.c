/* What verify finds: every edit, drop, move, double and cut of a small trail,
 * line by line and byte by byte. */
#include "fixture.h"

#define LINES 4

/* Four lines, signed at the end, and closed. */
static size_t make(struct trail *t, char name[64], char **out_text)
{
  for (int i = 0; i < LINES; i++)
    ask(t, i % 2 == 0 ? "GetSecretValue" : "DescribeSecret");
  trail_close(t);
  file_name(t, 0, name);
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.lines, LINES);
  assert_int_equal(t->result.proven, LINES);
  return file_read(t, name, out_text);
}

static void a_trail_that_nobody_touched_is_whole(void **state)
{
  struct trail *t = *state;

  for (int i = 0; i < 100; i++)
    ask(t, "GetSecretValue");
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.last, 100);
  assert_int_equal(t->result.proven, 100);
  /* Nothing is signed yet: offline, all of it is unproven, and says so. */
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.proven, 0);
  trail_close(t);
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.proven, 100);
  assert_int_equal(t->result.digests, 1);
}

static void a_change_of_any_byte_is_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  char name[64];
  size_t len = make(t, name, &text);

  for (size_t i = 0; i < len; i++) {
    char was = text[i];

    text[i] = (char)(was ^ 1);
    file_write(t, name, text, len);
    if (verify_alone(t) == 0)
      fail_msg("a change of byte %zu was not found", i);
    text[i] = was;
  }
}

static void a_line_that_is_removed_is_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL, *less = NULL;
  char name[64];
  size_t len = make(t, name, &text);

  less = malloc(len);
  for (size_t n = 0; n < LINES; n++) {
    size_t at = line_at(text, n), next = line_at(text, n + 1);

    memcpy(less, text, at);
    memcpy(less + at, text + next, len - next);
    file_write(t, name, less, len - (next - at));
    assert_true(verify_alone(t) > 0);
    TOLD(t, n + 1 < LINES ? "1 removed or moved from here"
                          : "its end was cut off");
  }
}

static void two_lines_that_are_swapped_are_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL, *moved = NULL;
  char name[64];
  size_t len = make(t, name, &text);

  moved = malloc(len);
  for (size_t i = 0; i < LINES; i++)
    for (size_t j = i + 1; j < LINES; j++) {
      size_t to = 0;

      for (size_t n = 0; n < LINES; n++) {
        size_t from = n == i ? j : n == j ? i : n;
        size_t at = line_at(text, from), next = line_at(text, from + 1);

        memcpy(moved + to, text + at, next - at);
        to += next - at;
      }
      file_write(t, name, moved, len);
      assert_true(verify_alone(t) > 0);
      TOLD(t, "it was moved, or is there twice");
    }
}

static void a_line_that_is_there_twice_is_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL, *more = NULL;
  char name[64];
  size_t len = make(t, name, &text);

  more = malloc(2 * len);
  for (size_t from = 0; from < LINES; from++)
    for (size_t to = 0; to <= LINES; to++) {
      size_t at = line_at(text, from), n = line_at(text, from + 1) - at,
             put = line_at(text, to);

      memcpy(more, text, put);
      memcpy(more + put, text + at, n);
      memcpy(more + put + n, text + put, len - put);
      file_write(t, name, more, len + n);
      assert_true(verify_alone(t) > 0);
    }
}

static void a_cut_after_any_byte_is_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  char name[64];
  size_t len = make(t, name, &text);

  for (size_t i = 0; i < len; i++) {
    file_write(t, name, text, i);
    if (verify_alone(t) == 0)
      fail_msg("a cut after %zu bytes was not found", i);
  }
}

/* Who can write the folder can make a chain of his own; the signature is what
 * he cannot make. */
static void a_chain_that_was_made_anew_is_found(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  CLEANUP_BUF struct buf forged;
  struct chain_link link = {0};
  struct chain *c;
  char name[64];

  (void)make(t, name, &text);
  buf_init(&forged, 1 << 20, false);
  OK(chain_new(&c, e_));
  for (size_t n = 0; n < LINES; n++) {
    CLEANUP_BUF struct buf line;
    const char *at = text + line_at(text, n);

    buf_init(&line, 1 << 20, false);
    buf_put(&line, at, (size_t)(strstr(at, ",\"keyturn\":{") - at));
    if (n == 2) /* somebody else did it */
      memcpy(strstr(line.data, "anna"), "otto", 4);
    OK(chain_seal(c, &line, NULL, &link, e_));
    buf_put(&forged, line.data, line.len);
  }
  chain_free(c);
  file_write(t, name, forged.data, forged.len);
  assert_int_equal(verify_alone(t), 1);
  TOLD(t, "record 4 is not the one that digest 1 was signed for");
}

static void digests_prove_one_another(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL, *less = NULL;
  size_t len;

  for (int i = 0; i < 4; i++) {
    ask(t, "GetSecretValue");
    trail_close(t);
    trail_open(t);
  }
  assert_int_equal(verify_all(t), 0);
  assert_int_equal(t->result.digests, 4);
  len = file_read(t, TRAIL_DIGESTS, &text);
  less = malloc(len);
  for (size_t n = 0; n < 4; n++) {
    size_t at = line_at(text, n), next = line_at(text, n + 1);

    memcpy(less, text, at);
    memcpy(less + at, text + next, len - next);
    file_write(t, TRAIL_DIGESTS, less, len - (next - at));
    assert_true(verify_all(t) > 0);
    TOLD(t, n < 3 ? "digests were removed here" : "the last were removed");
    text[at + 30] ^= 1;
    file_write(t, TRAIL_DIGESTS, text, len);
    assert_true(verify_alone(t) > 0);
    TOLD(t, "its signature is not that of this key");
    text[at + 30] ^= 1;
  }
  file_write(t, TRAIL_DIGESTS, text, len);
  assert_int_equal(verify_all(t), 0);
}

static void a_file_that_is_gone_is_found(void **state)
{
  struct trail *t = *state;

  t->options.file_bytes = 1;
  trail_close(t);
  trail_open(t);
  for (int i = 0; i < 3; i++) {
    ask(t, "GetSecretValue");
    OK(audit_sync(t->audit, e_)); /* the keeper begins a new file */
    while (file_count(t) < (size_t)i + 2)
      OK(audit_sync(t->audit, e_));
  }
  trail_close(t);
  assert_int_equal(verify_alone(t), 0);
  assert_int_equal(t->result.lines, 3);
  for (size_t n = 0; n < 3; n++) {
    CLEANUP_FREE char *text = NULL;
    char name[64], path[192];
    size_t len;

    file_name(t, n, name);
    len = file_read(t, name, &text);
    (void)snprintf(path, sizeof path, "%s/%s", t->folder, name);
    assert_int_equal(unlink(path), 0);
    assert_true(verify_alone(t) > 0);
    /* Whose oldest files are archived can say so; nobody else's. */
    assert_int_equal(verify_partly(t, true) == 0, n == 0);
    file_write(t, name, text, len);
  }
}

static void a_false_key_verifies_nothing(void **state)
{
  struct trail *t = *state;
  CLEANUP_FREE char *text = NULL;
  CLEANUP_BUF struct buf pem;
  unsigned char seed[DIGEST_SEED_LEN] = {1};
  struct digest_key *key;
  char name[64];

  (void)make(t, name, &text);
  buf_init(&pem, 1024, false);
  OK(digest_key_private(seed, &key, e_));
  OK(digest_key_pem(key, &pem, e_));
  digest_key_free(key);
  file_write(t, TRAIL_PUBLIC_KEY, pem.data, pem.len);
  key_read(t);
  assert_true(verify_alone(t) > 0);
  TOLD(t, "digests.jsonl:1: its signature is not that of this key");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_trail_that_nobody_touched_is_whole),
      TEST(a_change_of_any_byte_is_found),
      TEST(a_line_that_is_removed_is_found),
      TEST(two_lines_that_are_swapped_are_found),
      TEST(a_line_that_is_there_twice_is_found),
      TEST(a_cut_after_any_byte_is_found),
      TEST(a_chain_that_was_made_anew_is_found),
      TEST(digests_prove_one_another),
      TEST(a_file_that_is_gone_is_found),
      TEST(a_false_key_verifies_nothing),
  };

  return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
