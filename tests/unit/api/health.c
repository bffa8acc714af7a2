/* What those are told who watch over the process. */
#include "api/health.h"

#include <fcntl.h>

#include "../store/temp_store.h"

static bool running(struct engine_port *port)
{
  (void)port;
  return true;
}

static bool stopped(struct engine_port *port)
{
  (void)port;
  return false;
}

/* Status 0: it is not answered. */
static void said(const struct api *api, const char *method, const char *path,
                 int status, const char *text)
{
  const struct http_request request = {.method = method, .path = path};
  struct http_reply reply = {0};
  bool is_answered;

  buf_init(&reply.body, 1000, true);
  is_answered = health_answer(api, &request, &reply);
  assert_int_equal(is_answered, status != 0);
  assert_int_equal(reply.status, status);
  if (text != NULL)
    assert_string_equal(reply.body.data, text);
  buf_release(&reply.body);
}

static void a_store_and_an_engine_are_health(void **state)
{
  struct temp *t = *state;
  struct engine_port port = {.is_running = running};
  const struct api api = {.store = t->s, .port = &port};

  said(&api, "GET", "/health", 200, "ok\n");
  said(&api, "HEAD", "/health", 200, "ok\n");
  said(&api, "GET", "/live", 200, "ok\n");
}

static void an_engine_that_stands_is_none(void **state)
{
  struct temp *t = *state;
  struct engine_port port = {.is_running = stopped};
  const struct api api = {.store = t->s, .port = &port};

  said(&api, "GET", "/health", 503, "the engine does not run\n");
  said(&api, "GET", "/live", 200, "ok\n");
}

static void a_store_that_cannot_be_read_is_none(void **state)
{
  struct temp *t = *state;
  struct engine_port port = {.is_running = running};
  const struct api api = {.store = t->s, .port = &port};
  char path[128];

  for (int i = 0; i < 2; i++) {
    (void)snprintf(path, sizeof path, "%s%s", t->path, i == 0 ? "" : "-wal");
    assert_int_equal(truncate(path, 0), 0);
  }
  said(&api, "GET", "/health", 503, "the store cannot be read\n");
  said(&api, "GET", "/live", 200, "ok\n");
  temp_close(t);
}

static void localstack_is_played_in_development_only(void **state)
{
  struct temp *t = *state;
  struct engine_port port = {.is_running = running};
  struct api api = {.store = t->s, .port = &port};

  said(&api, "GET", "/_localstack/health", 0, NULL);
  api.dev = true;
  said(&api, "GET", "/_localstack/health", 200,
       "{\"services\":{\"secretsmanager\":\"running\"},"
       "\"edition\":\"keyturn\",\"version\":\"" KEYTURN_VERSION "\"}");
  port.is_running = stopped;
  said(&api, "GET", "/_localstack/health", 503, NULL);
}

static void other_requests_are_others(void **state)
{
  struct temp *t = *state;
  struct engine_port port = {.is_running = running};
  const struct api api = {.store = t->s, .port = &port};

  said(&api, "POST", "/health", 0, NULL);
  said(&api, "GET", "/", 0, NULL);
  said(&api, "GET", "/healthy", 0, NULL);
  said(&api, "GET", "/live?x", 0, NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_store_and_an_engine_are_health,
                                      temp_setup, temp_teardown),
      cmocka_unit_test_setup_teardown(an_engine_that_stands_is_none, temp_setup,
                                      temp_teardown),
      cmocka_unit_test_setup_teardown(a_store_that_cannot_be_read_is_none,
                                      temp_setup, temp_teardown),
      cmocka_unit_test_setup_teardown(localstack_is_played_in_development_only,
                                      temp_setup, temp_teardown),
      cmocka_unit_test_setup_teardown(other_requests_are_others, temp_setup,
                                      temp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
