/* Page tokens: what they give back, and all that they must not pass for. */
#include "api/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/ops.h"
#include "base/cleanup.h"

struct fixture {
  struct keyring *ring;
  struct api api;
  struct buf out;
  struct err e;
  struct call c;
};

static struct keyring *ring_new(void)
{
  unsigned char wrapped[KEYRING_WRAPPED_LEN];
  char id[UUID_TEXT_LEN + 1];
  struct keyring *k;
  struct secret root;

  assert_int_equal(secret_alloc(32, &root, NULL), 0);
  random_system()->fill(random_system(), root.data, root.len);
  assert_int_equal(keyring_new(&root, random_system(), &k, NULL), 0);
  assert_int_equal(keyring_make(k, id, wrapped, NULL), 0);
  assert_int_equal(keyring_load(k, id, wrapped, sizeof wrapped, NULL), 0);
  return k;
}

static int setup(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);

  f->ring = ring_new();
  f->api.keyring = f->ring;
  buf_init(&f->out, 4096, true);
  f->c = (struct call){.api = &f->api,
                       .region = "eu-west-1",
                       .op = op_find("secretsmanager.ListSecrets"),
                       .out = &f->out,
                       .e = &f->e};
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  buf_release(&f->out);
  keyring_free(f->ring);
  free(f);
  return 0;
}

static json_t *request(const char *text)
{
  json_t *json = NULL;

  assert_int_equal(
      json_read(text, strlen(text), &json_limits_request, &json, NULL), 0);
  return json;
}

/* The token of a place, asked for with `body`; free(). */
static char *token_of(struct fixture *f, const char *body,
                      const struct secret_place *place)
{
  CLEANUP_JSON json_t *in = request(body), *reply = NULL;

  f->c.in = in;
  buf_clear(&f->out);
  buf_putc(&f->out, '{');
  assert_int_equal(page_put_next(&f->c, place), 0);
  buf_putc(&f->out, '}');
  reply = request(f->out.data);
  return strdup(json_str(reply, "NextToken"));
}

static int give(struct fixture *f, const char *body, const char *token,
                struct secret_place *out, const struct secret_place **after)
{
  CLEANUP_JSON json_t *in = request(body);

  assert_int_equal(json_object_set_new(in, "NextToken", json_string(token)), 0);
  f->c.in = in;
  return page_after(&f->c, out, after);
}

static void a_place_comes_back_as_it_was(void **state)
{
  static const struct secret_place places[] = {
      {.key = 0, .id = 0, .name = ""},
      {.key = -1, .id = INT64_MAX, .name = ""},
      {.key = INT64_MIN, .id = 1, .name = "a"},
      {.key = 1700000000000000, .id = 77, .name = "prod/app"},
  };
  struct fixture *f = *state;
  const struct secret_place *after;
  struct secret_place place, longest = {.key = 5};

  memset(longest.name, 'n', sizeof longest.name - 1);
  for (size_t i = 0; i <= 4; i++) {
    const struct secret_place *in = i < 4 ? &places[i] : &longest;
    char *token = token_of(f, "{}", in);

    assert_int_equal(give(f, "{}", token, &place, &after), 0);
    assert_ptr_equal(after, &place);
    assert_memory_equal(&place, in, sizeof place);
    free(token);
  }
}

static void without_a_token_the_list_begins(void **state)
{
  struct fixture *f = *state;
  const struct secret_place *after = (void *)f;
  CLEANUP_JSON json_t *in = request("{}");
  struct secret_place place;

  f->c.in = in;
  assert_int_equal(page_after(&f->c, &place, &after), 0);
  assert_null(after);
}

static void what_does_not_choose_the_list_may_change(void **state)
{
  struct fixture *f = *state;
  struct secret_place place = {.key = 1};
  const struct secret_place *after;
  char *token = token_of(
      f, "{\"MaxResults\":5,\"SortBy\":\"name\",\"Filters\":[]}", &place);

  assert_int_equal(
      give(f, "{\"Filters\":[],\"SortBy\":\"name\"}", token, &place, &after),
      0);
  free(token);
}

static void a_token_is_of_its_request_alone(void **state)
{
  struct fixture *f = *state;
  struct secret_place place = {.key = 1};
  const struct secret_place *after;
  const char *body = "{\"SortBy\":\"name\"}";
  const struct op *op = f->c.op;
  char *token = token_of(f, body, &place);
  struct keyring *other = ring_new();

#define REFUSED(in) \
  assert_int_equal(give(f, in, token, &place, &after), -ERR_NEXT_TOKEN)
  REFUSED("{}");
  REFUSED("{\"SortBy\":\"created-date\"}");
  REFUSED("{\"SortBy\":\"name\",\"SortOrder\":\"desc\"}");
  f->c.region = "eu-west-2";
  REFUSED(body);
  f->c.region = "eu-west-1";
  f->c.op = op_find("keyturn.ListRotations");
  REFUSED(body);
  f->c.op = op;
  f->api.keyring = other;
  REFUSED(body);
  f->api.keyring = f->ring;
  assert_int_equal(give(f, body, token, &place, &after), 0);
  keyring_free(other);
  free(token);
}

static void no_character_of_it_can_be_changed(void **state)
{
  static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789+/=. \n";
  struct fixture *f = *state;
  struct secret_place place = {.key = 1, .id = 2, .name = "n"};
  const struct secret_place *after;
  char *token = token_of(f, "{}", &place);

  for (size_t i = 0; token[i] != '\0'; i++) {
    char was = token[i];

    for (size_t j = 0; j < sizeof chars - 1; j++) {
      token[i] = chars[j];
      if (chars[j] != was)
        assert_int_equal(give(f, "{}", token, &place, &after), -ERR_NEXT_TOKEN);
    }
    token[i] = was;
  }
  for (size_t len = strlen(token) - 1; len > 0; len--) {
    token[len] = '\0';
    REFUSED("{}");
  }
  free(token);
}

/* The default key may change while a client is between two pages. */
static void a_new_default_key_changes_no_token(void **state)
{
  struct fixture *f = *state;
  struct secret_place place = {.key = 1};
  const struct secret_place *after;
  unsigned char wrapped[KEYRING_WRAPPED_LEN];
  char id[UUID_TEXT_LEN + 1], *token = token_of(f, "{}", &place);

  assert_int_equal(keyring_make(f->ring, id, wrapped, NULL), 0);
  assert_int_equal(keyring_load(f->ring, id, wrapped, sizeof wrapped, NULL), 0);
  assert_int_equal(give(f, "{}", token, &place, &after), 0);
  free(token);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_place_comes_back_as_it_was),
      TEST(without_a_token_the_list_begins),
      TEST(what_does_not_choose_the_list_may_change),
      TEST(a_token_is_of_its_request_alone),
      TEST(no_character_of_it_can_be_changed),
      TEST(a_new_default_key_changes_no_token),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
