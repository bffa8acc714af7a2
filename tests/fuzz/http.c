/* Requests read whole and read in pieces: both give the same, within the caps.
 *
 * Input: one byte says where the pieces are cut, the rest comes over the
 * connection; more than one request may be in it.
 */
#include "api/request.h"

#include "fuzz.h"

enum { REQUESTS_MAX = 8 };

static const struct http_peer peer = {.address = "127.0.0.1"};

/* What came of it: every request as one text, and how it ended. */
struct outcome {
  struct buf text;
  enum request_state end;
  size_t used;
  bool went_on; /* a client was told to send its body */
};

static void request_check(const struct http_request *view)
{
  CLAIM(view->n_headers <= HTTP_HEADERS_MAX);
  CLAIM(view->body_len <= HTTP_BODY_MAX);
  CLAIM(view->body[view->body_len] == '\0');
  for (size_t i = 0; i < view->n_headers; i++) {
    const char *name = view->headers[i].name;

    CLAIM(name[0] != '\0');
    for (; *name != '\0'; name++)
      CLAIM(*name > ' ' && *name <= '~' && !(*name >= 'A' && *name <= 'Z'));
    CLAIM(http_header(view, view->headers[i].name) != NULL);
    CLAIM(strpbrk(view->headers[i].value, "\r\n") == NULL);
  }
}

static void request_write(struct request *r, struct buf *out)
{
  struct http_request view;

  request_view(r, &peer, &view);
  request_check(&view);
  buf_printf(out, "%s %s %d\n", view.method, view.path, request_keeps_alive(r));
  for (size_t i = 0; i < view.n_headers; i++)
    buf_printf(out, "%s:%s\n", view.headers[i].name, view.headers[i].value);
  buf_printf(out, "%zu\n", view.body_len);
  buf_put(out, view.body, view.body_len);
}

/* `cut` 0: everything at once. */
static size_t piece(size_t left, unsigned cut, size_t at)
{
  size_t n = cut == 0 ? left : 1 + (at * 31 + cut) % cut;

  return n < left ? n : left;
}

static void feed(const char *data, size_t len, unsigned cut,
                 struct outcome *out)
{
  struct request r;
  size_t at = 0, used, n_requests = 0;

  buf_init(&out->text, 1 << 22, true);
  out->end = REQUEST_MORE;
  out->went_on = false;
  request_init(&r);
  while (at < len && n_requests < REQUESTS_MAX) {
    used = 0;
    out->end = request_feed(&r, data + at, piece(len - at, cut, at), &used);
    CLAIM(used <= len - at);
    at += used;
    if (out->end == REQUEST_DONE) {
      request_write(&r, &out->text);
      request_clear(&r);
      n_requests++;
    } else if (out->end == REQUEST_CONTINUE) {
      out->went_on = true;
    } else if (out->end != REQUEST_MORE) {
      break;
    }
  }
  out->used = at;
  request_release(&r);
}

static bool is_refused(enum request_state state)
{
  return state == REQUEST_BAD || state == REQUEST_TOO_LARGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  struct outcome whole, pieces;
  char *text;

  if (len < 1)
    return 0;
  text = fuzz_text(data + 1, len - 1);
  feed(text, len - 1, 0, &whole);
  feed(text, len - 1, data[0] % 64 + 1, &pieces);
  CLAIM(!whole.text.failed);
  /* For which of two reasons it is refused can depend on the pieces. */
  CLAIM(is_refused(whole.end) == is_refused(pieces.end));
  CLAIM(is_refused(whole.end) || whole.end == pieces.end);
  CLAIM(whole.went_on == pieces.went_on);
  CLAIM(whole.text.len == pieces.text.len);
  CLAIM(whole.text.len == 0 ||
        memcmp(whole.text.data, pieces.text.data, whole.text.len) == 0);
  buf_release(&whole.text);
  buf_release(&pieces.text);
  free(text);
  return 0;
}
