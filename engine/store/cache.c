/* A hash table of results, and the marks of what was touched.  Who makes room
 * is found by second chance: a hit writes to nothing but the result itself, for
 * in a large table each other place would be a miss of the processor's cache.
 */
#include "store/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 65536 /* powers of two */
#define MARKS   4096

enum use {
  USE_OTHER,    /* not kept; when it writes, everything is touched */
  READ_OF_ROW,  /* kept; of the secret that its first column names, and of the
                   replica that the second does */
  READ_OF_ARG,  /* kept; of the secret $1 */
  TOUCH_OF_ARG, /* changes what is told of the secret $1 */
  TOUCH_NOTHING /* changes nothing that is kept */
};

/* What is not here is USE_OTHER, which is always right. */
static const unsigned char uses[SQL_COUNT] = {
    [SQL_SECRET_BY_NAME] = READ_OF_ROW,
    [SQL_SECRET_BY_ARN] = READ_OF_ROW,
    [SQL_SECRET_BY_PARTIAL_ARN] = READ_OF_ROW,
    [SQL_VERSION_GET] = READ_OF_ARG,
    [SQL_VERSION_BY_LABEL] = READ_OF_ARG,
    [SQL_VERSION_FIND] = READ_OF_ARG,
    [SQL_LABEL_OF_VERSION] = READ_OF_ARG,
    [SQL_STAGE_LIST] = READ_OF_ARG,
    [SQL_TAG_LIST] = READ_OF_ARG,
    [SQL_RULES_GET] = READ_OF_ARG,
    [SQL_RULES_LIST] = READ_OF_ARG,
    [SQL_EXTERNAL_GET] = READ_OF_ARG,
    [SQL_POLICY_GET] = READ_OF_ARG,

    [SQL_SECRET_CHANGED] = TOUCH_OF_ARG,
    [SQL_SECRET_ROTATED] = TOUCH_OF_ARG,
    [SQL_SECRET_ACCESSED] = TOUCH_OF_ARG,
    [SQL_VERSION_PUT] = TOUCH_OF_ARG,
    [SQL_VERSION_FILL] = TOUCH_OF_ARG,
    [SQL_VERSION_EMPTY] = TOUCH_OF_ARG,
    [SQL_VERSION_REMOVE] = TOUCH_OF_ARG,
    [SQL_VERSION_PRUNE] = TOUCH_OF_ARG,
    [SQL_VERSION_ACCESSED] = TOUCH_OF_ARG,
    [SQL_LABEL_PUT] = TOUCH_OF_ARG,
    [SQL_LABEL_REMOVE] = TOUCH_OF_ARG,
    [SQL_TAG_PUT] = TOUCH_OF_ARG,
    [SQL_TAG_REMOVE] = TOUCH_OF_ARG,
    [SQL_RULES_PUT] = TOUCH_OF_ARG,
    [SQL_RULES_PAUSE] = TOUCH_OF_ARG,
    [SQL_RULES_NEXT] = TOUCH_OF_ARG,
    [SQL_RULES_ANCHOR] = TOUCH_OF_ARG,

    [SQL_SECRET_PUT] = TOUCH_NOTHING, /* that there is none is not kept */
    [SQL_SECRET_TROUBLE] = TOUCH_NOTHING,
    [SQL_RULES_ARM] = TOUCH_NOTHING,
    [SQL_JOB_PUT] = TOUCH_NOTHING,
    [SQL_JOB_SAVE] = TOUCH_NOTHING,
    [SQL_JOB_END] = TOUCH_NOTHING,
    [SQL_JOB_NOTE] = TOUCH_NOTHING,
    [SQL_JOB_CANCEL] = TOUCH_NOTHING,
    [SQL_JOB_CLAIM] = TOUCH_NOTHING,
    [SQL_LEASE_RENEW] = TOUCH_NOTHING,
    [SQL_LEASE_DROP] = TOUCH_NOTHING,
    [SQL_ATTEMPT_PUT] = TOUCH_NOTHING,
    [SQL_EVENT_PUT] = TOUCH_NOTHING,
    [SQL_EVENT_TRIM] = TOUCH_NOTHING,
    [SQL_AUDIT_PUT] = TOUCH_NOTHING,
    [SQL_AUDIT_END] = TOUCH_NOTHING,
    [SQL_IAM_KEY_TOUCH] = TOUCH_NOTHING,
    [SQL_USAGE_CALL_ADD] = TOUCH_NOTHING,
    [SQL_USAGE_HELD_ADD] = TOUCH_NOTHING,
    [SQL_USAGE_MARK_PUT] = TOUCH_NOTHING,
};

/* Texts, to tell what reads from what writes. */
static const char *const texts[SQL_COUNT] = {
#define X(id, text) [id] = text,
    SQL_TABLE(X)
#undef X
};

struct cached {
  _Atomic unsigned refs;
  struct buf rows; /* each: its length, then its columns */
  /* Of one that is kept; behind the lock: */
  struct cached *next, **slot;  /* in its bucket */
  struct cached *newer, *older; /* in the order in which they came */
  bool is_used;                 /* since it came, or was spared */
  uint64_t hash, seen;
  size_t marks[2], bytes, key_len;
  const unsigned char *key; /* behind the rows */
};

struct cache {
  pthread_mutex_t lock;
  size_t bytes, max;
  struct cached *newest, *oldest;
  struct cached *buckets[BUCKETS];
  /* The number of the last commit that touched what falls on it. */
  _Atomic uint64_t marks[MARKS], all;
};

/* ---- results ---------------------------------------------------------------
 */

int cached_new(struct cached **out, struct err *e)
{
  struct cached *x = calloc(1, sizeof *x);

  if (x == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  buf_init(&x->rows, SIZE_MAX / 2, false);
  atomic_init(&x->refs, 1);
  *out = x;
  return 0;
}

void cached_put(struct cached *x)
{
  if (x == NULL || atomic_fetch_sub(&x->refs, 1) != 1)
    return;
  free(x->rows.data); /* sealed, as on the disk: there is nothing to wipe */
  free(x);
}

/* The length of the row that is being written stands before it. */
static void row_close(struct cached *x)
{
  size_t len = x->rows.len - x->bytes - sizeof len;

  if (x->rows.len > 0 && !x->rows.failed)
    memcpy(x->rows.data + x->bytes, &len, sizeof len);
}

void cached_begin_row(struct cached *x)
{
  const size_t open = 0;

  row_close(x);
  x->bytes = x->rows.len; /* until it is kept: where the open row begins */
  buf_put(&x->rows, &open, sizeof open);
}

void cached_add(struct cached *x, const struct sql_arg *value)
{
  const unsigned char type = (unsigned char)value->type;

  buf_put(&x->rows, &type, sizeof type);
  if (value->type == SQL_INT) {
    buf_put(&x->rows, &value->num, sizeof value->num);
  } else if (value->type != SQL_NULL) {
    buf_put(&x->rows, &value->len, sizeof value->len);
    buf_put(&x->rows, value->data, value->len);
    buf_putc(&x->rows, '\0');
  }
}

int cached_end(struct cached *x, struct err *e)
{
  row_close(x);
  return x->rows.failed ? err_set(e, ERR_NOMEM, "out of memory") : 0;
}

bool cached_next(const struct cached *x, struct cached_at *at)
{
  size_t len;

  if (at->row_end == x->rows.len)
    return false;
  memcpy(&len, x->rows.data + at->row_end, sizeof len);
  at->at = at->row_end + sizeof len;
  at->row_end = at->at + len;
  return true;
}

void cached_column(const struct cached *x, struct cached_at *at,
                   struct sql_arg *out)
{
  const char *from = x->rows.data + at->at;

  assert(at->at < at->row_end);
  *out = (struct sql_arg){.type = (enum sql_type) * from++};
  if (out->type == SQL_INT) {
    memcpy(&out->num, from, sizeof out->num);
    from += sizeof out->num;
  } else if (out->type != SQL_NULL) {
    memcpy(&out->len, from, sizeof out->len);
    out->data = from + sizeof out->len;
    from += sizeof out->len + out->len + 1;
  }
  at->at = (size_t)(from - x->rows.data);
}

/* ---- the table -------------------------------------------------------------
 */

int cache_new(size_t max_bytes, struct cache **out, struct err *e)
{
  struct cache *c = calloc(1, sizeof *c);

  if (c == NULL)
    return err_set(e, ERR_NOMEM, "out of memory");
  (void)pthread_mutex_init(&c->lock, NULL); /* cannot fail on Linux */
  c->max = max_bytes;
  *out = c;
  return 0;
}

static void take_out(struct cache *c, struct cached *x)
{
  *(x->newer != NULL ? &x->newer->older : &c->newest) = x->older;
  *(x->older != NULL ? &x->older->newer : &c->oldest) = x->newer;
}

static void link_newest(struct cache *c, struct cached *x)
{
  x->newer = NULL;
  x->older = c->newest;
  *(c->newest != NULL ? &c->newest->newer : &c->oldest) = x;
  c->newest = x;
}

static void drop(struct cache *c, struct cached *x)
{
  *x->slot = x->next;
  if (x->next != NULL)
    x->next->slot = x->slot;
  take_out(c, x);
  c->bytes -= x->bytes;
  cached_put(x);
}

/* The oldest that was not used meanwhile goes. */
static void make_room(struct cache *c)
{
  while (c->oldest != NULL && c->bytes > c->max) {
    struct cached *x = c->oldest;

    if (x->is_used) {
      x->is_used = false;
      take_out(c, x);
      link_newest(c, x);
    } else {
      drop(c, x);
    }
  }
}

void cache_resize(struct cache *c, size_t max_bytes)
{
  (void)pthread_mutex_lock(&c->lock); /* cannot fail: a plain mutex */
  c->max = max_bytes;
  make_room(c);
  (void)pthread_mutex_unlock(&c->lock);
}

void cache_free(struct cache *c)
{
  if (c == NULL)
    return;
  cache_resize(c, 0);
  (void)pthread_mutex_destroy(&c->lock); /* nobody holds it */
  free(c);
}

static void key_put(struct cache_key *k, const void *data, size_t len)
{
  if (len > sizeof k->bytes - k->len) {
    k->len = sizeof k->bytes + 1; /* too long: see cache_key_make */
    return;
  }
  memcpy(k->bytes + k->len, data, len);
  k->len += len;
}

bool cache_key_make(enum sql_id id, const struct sql_arg *args, size_t n,
                    struct cache_key *out)
{
  uint64_t h = 14695981039346656037U; /* FNV-1a */

  if (uses[id] != READ_OF_ROW && uses[id] != READ_OF_ARG)
    return false;
  out->id = id;
  out->len = 0;
  key_put(out, &id, sizeof id);
  for (size_t i = 0; i < n && out->len <= sizeof out->bytes; i++) {
    key_put(out, &args[i].type, sizeof args[i].type);
    if (args[i].type == SQL_INT) {
      key_put(out, &args[i].num, sizeof args[i].num);
    } else {
      key_put(out, &args[i].len, sizeof args[i].len);
      if (args[i].len > 0 && out->len <= sizeof out->bytes)
        key_put(out, args[i].data, args[i].len);
    }
  }
  if (out->len > sizeof out->bytes)
    return false;
  for (size_t i = 0; i < out->len; i++)
    h = (h ^ out->bytes[i]) * 1099511628211U;
  out->hash = h;
  return true;
}

static size_t mark_of(int64_t secret_id)
{
  return (size_t)(((uint64_t)secret_id * 0x9e3779b97f4a7c15U) >> 32) % MARKS;
}

static bool is_good(const struct cache *c, const struct cached *x,
                    uint64_t seen)
{
  uint64_t before = x->seen < seen ? x->seen : seen;

  return atomic_load(&c->marks[x->marks[0]]) <= before &&
         atomic_load(&c->marks[x->marks[1]]) <= before &&
         atomic_load(&c->all) <= before;
}

static struct cached *find(struct cache *c, const struct cache_key *key)
{
  struct cached *x = c->buckets[key->hash % BUCKETS];

  while (x != NULL && (x->hash != key->hash || x->key_len != key->len ||
                       memcmp(x->key, key->bytes, key->len) != 0))
    x = x->next;
  return x;
}

struct cached *cache_find(struct cache *c, const struct cache_key *key,
                          uint64_t seen)
{
  struct cached *x;

  (void)pthread_mutex_lock(&c->lock);
  x = find(c, key);
  if (x != NULL && is_good(c, x, seen)) {
    x->is_used = true;
    (void)atomic_fetch_add(&x->refs, 1);
  } else {
    x = NULL;
  }
  (void)pthread_mutex_unlock(&c->lock);
  return x;
}

/* Whose it is; false when that cannot be said. */
static bool owners_of(const struct cache_key *key, const struct cached *x,
                      int64_t out[2])
{
  struct cached_at at = {0};
  struct sql_arg first, second;
  enum sql_type type;

  if (uses[key->id] == READ_OF_ROW) {
    if (!cached_next(x, &at))
      return false; /* there is none: nobody would say when there is */
    cached_column(x, &at, &first);
    cached_column(x, &at, &second);
    out[0] = first.num;
    out[1] = second.num == 0 ? first.num : second.num;
    return first.type == SQL_INT && second.type == SQL_INT;
  }
  memcpy(&type, key->bytes + sizeof key->id, sizeof type);
  memcpy(&out[0], key->bytes + sizeof key->id + sizeof type, sizeof out[0]);
  out[1] = out[0];
  return type == SQL_INT;
}

static void insert(struct cache *c, struct cached *x)
{
  struct cached **bucket = &c->buckets[x->hash % BUCKETS];

  x->slot = bucket;
  x->next = *bucket;
  if (x->next != NULL)
    x->next->slot = &x->next;
  *bucket = x;
  link_newest(c, x);
  c->bytes += x->bytes;
  (void)atomic_fetch_add(&x->refs, 1);
}

/* In one block with the rows, for the same reason as above. */
static bool key_set(struct cached *x, const struct cache_key *key)
{
  size_t bytes = x->rows.len + key->len;
  char *data = realloc(x->rows.data, bytes);

  if (data == NULL)
    return false;
  memcpy(data + x->rows.len, key->bytes, key->len);
  x->rows.data = data;
  x->rows.cap = bytes;
  x->key = (const unsigned char *)data + x->rows.len;
  x->key_len = key->len;
  x->hash = key->hash;
  x->bytes = sizeof *x + bytes;
  return true;
}

void cache_keep(struct cache *c, const struct cache_key *key, uint64_t seen,
                struct cached *x)
{
  struct cached *old;
  int64_t owners[2];

  if (x->rows.len > CACHE_RESULT_MAX || !owners_of(key, x, owners) ||
      !key_set(x, key))
    return; /* it is read again next time */
  x->seen = seen;
  x->marks[0] = mark_of(owners[0]);
  x->marks[1] = mark_of(owners[1]);
  (void)pthread_mutex_lock(&c->lock);
  old = find(c, key);
  if (old != NULL)
    drop(c, old);
  if (x->bytes <= c->max / 16)
    insert(c, x);
  make_room(c);
  (void)pthread_mutex_unlock(&c->lock);
}

/* ---- what is touched -------------------------------------------------------
 */

static bool only_reads(enum sql_id id)
{
  return uses[id] == READ_OF_ROW || uses[id] == READ_OF_ARG ||
         strncmp(texts[id], "SELECT ", 7) == 0;
}

void touched_add(struct touched *t, enum sql_id id, const struct sql_arg *args,
                 size_t n)
{
  if (only_reads(id) || uses[id] == TOUCH_NOTHING || t->all)
    return;
  if (uses[id] != TOUCH_OF_ARG || n == 0 || args[0].type != SQL_INT) {
    t->all = true;
    return;
  }
  for (size_t i = 0; i < t->n; i++)
    if (t->ids[i] == args[0].num)
      return;
  if (t->n == TOUCHED_MAX)
    t->all = true;
  else
    t->ids[t->n++] = args[0].num;
}

void cache_touch(struct cache *c, const struct touched *t, uint64_t number)
{
  if (t->all)
    atomic_store(&c->all, number);
  for (size_t i = 0; i < t->n; i++)
    atomic_store(&c->marks[mark_of(t->ids[i])], number);
}
