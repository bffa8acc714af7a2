/* Secrets read in blocks, of which those that pass are kept. */
#include "api/found.h"

#include <stdlib.h>

#include "api/parts.h"
#include "base/cleanup.h"

struct search {
  const struct secret_order *order;
  const struct filters *filters;
  size_t max;
  struct found found;
};

/* Keeps those of a block that pass, until there is one too many. */
static int take(struct call *c, struct search *s, const struct secret_row *rows,
                size_t n)
{
  struct parts all = {0}, own = {0};
  int rc = 0;

  if (filters_ask_tags(s->filters))
    rc = parts_read_tags(c, rows, n, &all);
  for (size_t i = 0; rc == 0 && i < n; i++) {
    parts_of(&all, rows[i].id, &own);
    if (filters_match(s->filters, &rows[i], own.tags, own.n_tags)) {
      if (s->found.n == s->max) {
        s->found.has_more = true;
        break;
      }
      s->found.rows[s->found.n++] = rows[i];
    }
    secret_place(&rows[i], s->order->by, &s->found.next);
  }
  parts_release(&all);
  return rc;
}

static int search(struct call *c, struct search *s,
                  const struct secret_place *after)
{
  size_t seen = 0;

  while (!s->found.has_more) {
    CLEANUP_FREE struct secret_row *rows = NULL;
    size_t n = 0;
    int rc = store_secret_page(c->api->store, s->order, after, STORE_PAGE,
                               &rows, &n, c->e);

    if (rc == 0)
      rc = take(c, s, rows, n);
    if (rc != 0 || n < STORE_PAGE)
      return rc;
    seen += n;
    s->found.has_more = s->found.has_more || seen >= FOUND_SCAN_MAX;
    after = &s->found.next;
  }
  return 0;
}

/* Without filters: one more than fits says that there is more. */
static int all_page(struct call *c, const struct secret_order *order,
                    const struct secret_place *after, size_t max,
                    struct found *out)
{
  int rc = store_secret_page(c->api->store, order, after, max + 1, &out->rows,
                             &out->n, c->e);

  if (rc != 0)
    return rc;
  out->has_more = out->n > max;
  if (out->has_more) {
    out->n = max;
    secret_place(&out->rows[max - 1], order->by, &out->next);
  }
  return 0;
}

int found_page(struct call *c, const struct secret_order *order,
               const struct filters *filters, const struct secret_place *after,
               size_t max, struct found *out)
{
  struct search s = {.order = order, .filters = filters, .max = max};
  int rc;

  if (filters->n == 0)
    return all_page(c, order, after, max, out);
  s.found.rows = calloc(max, sizeof *s.found.rows);
  if (s.found.rows == NULL)
    return err_set(c->e, ERR_NOMEM, "no memory for a page of secrets");
  rc = search(c, &s, after);
  if (rc != 0) {
    free(s.found.rows);
    return rc;
  }
  *out = s.found; /* transferred */
  return 0;
}
