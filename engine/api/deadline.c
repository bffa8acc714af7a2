/* Connections that are idle, slow, or done and not gone: once a second all of
 * them are looked at.
 */
#include "api/http_parts.h"

static void on_tick_closed(uv_handle_t *handle)
{
  http_handle_gone(handle->data);
}

/* While closing: those who still read their reply have a while, no longer. */
static void closing_tick(struct http *h, uint64_t now)
{
  bool over = now - h->closing_ms > HTTP_LINGER_MS;

  for (struct connection *c = h->connections; over && c != NULL; c = c->next)
    connection_close(c);
  if ((over || h->connections == NULL) &&
      !uv_is_closing((uv_handle_t *)&h->tick))
    uv_close((uv_handle_t *)&h->tick, on_tick_closed);
}

static void on_tick(uv_timer_t *timer)
{
  struct http *h = timer->data;
  uint64_t now = uv_now(h->loop);
  struct gate_limits limits;

  if (h->closing) {
    closing_tick(h, now);
    return;
  }
  gate_get_limits(h->gate, &limits);
  for (struct connection *c = h->connections; c != NULL; c = c->next) {
    bool idle = now - c->active_ms > limits.idle_ms;
    bool slow = c->request_ms != 0 && now - c->request_ms > limits.request_ms;
    bool done = c->lingers && c->leftover == NULL &&
                now - c->active_ms > HTTP_LINGER_MS;

    if (idle || slow || done)
      connection_close(c);
  }
}

void deadlines_init(struct http *h)
{
  (void)uv_timer_init(h->loop, &h->tick); /* cannot fail */
  h->tick.data = h;
  h->n_open++;
  (void)uv_timer_start(&h->tick, on_tick, HTTP_TICK_MS,
                       HTTP_TICK_MS); /* nor this */
  uv_unref((uv_handle_t *)&h->tick);
}

void deadlines_close(struct http *h, bool is_writing)
{
  h->closing_ms = uv_now(h->loop);
  if (!is_writing)
    uv_close((uv_handle_t *)&h->tick, on_tick_closed);
}
