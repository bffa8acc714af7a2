/* Tags, staging labels and rules of secrets. */
#include "api/parts.h"

#include <stddef.h>
#include <stdlib.h>

/* Every row of the lists begins with its secret's id. */
_Static_assert(offsetof(struct tag_row, secret_id) == 0, "tag_row");
_Static_assert(offsetof(struct stage_row, secret_id) == 0, "stage_row");
_Static_assert(offsetof(struct secret_rules, secret_id) == 0, "secret_rules");

int parts_read_tags(struct call *c, const struct secret_row *rows, size_t n,
                    struct parts *out)
{
  int64_t ids[STORE_PAGE];
  size_t n_ids = 0;

  *out = (struct parts){0};
  for (size_t i = 0; i < n; i++)
    if (rows[i].tagged)
      ids[n_ids++] = rows[i].id;
  return n_ids == 0 ? 0
                    : store_page_tags(c->api->store, ids, n_ids, &out->tags,
                                      &out->n_tags, c->e);
}

int parts_read(struct call *c, const struct secret_row *rows, size_t n,
               struct parts *out)
{
  int64_t ids[STORE_PAGE];
  int rc = parts_read_tags(c, rows, n, out);

  for (size_t i = 0; i < n; i++)
    ids[i] = rows[i].id;
  if (rc == 0 && n > 0)
    rc = store_page_stages(c->api->store, ids, n, &out->stages, &out->n_stages,
                           c->e);
  if (rc == 0 && n > 0)
    rc = store_page_rules(c->api->store, ids, n, &out->rules, &out->n_rules,
                          c->e);
  return rc;
}

void parts_release(struct parts *p)
{
  free(p->tags);
  free(p->stages);
  free(p->rules);
  *p = (struct parts){0};
}

/* The run of rows of a secret, by halving: a page may have thousands. */
static void *run_of(void *rows, size_t n, size_t size, int64_t secret_id,
                    size_t *out_n)
{
  unsigned char *base = rows;
  size_t low = 0, high = n, end;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (*(const int64_t *)(const void *)(base + middle * size) < secret_id)
      low = middle + 1;
    else
      high = middle;
  }
  for (end = low; end < n; end++)
    if (*(const int64_t *)(const void *)(base + end * size) != secret_id)
      break;
  *out_n = end - low;
  return base == NULL ? NULL : base + low * size;
}

void parts_of(const struct parts *all, int64_t secret_id, struct parts *out)
{
  out->tags = run_of(all->tags, all->n_tags, sizeof *all->tags, secret_id,
                     &out->n_tags);
  out->stages = run_of(all->stages, all->n_stages, sizeof *all->stages,
                       secret_id, &out->n_stages);
  out->rules = run_of(all->rules, all->n_rules, sizeof *all->rules, secret_id,
                      &out->n_rules);
}
