/* Time zones: a TZif file made into spans of constant offset, and the three
 * look-ups over them.  What the footer says is zone_rule.c's.
 */
#include "calendar/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "calendar/civil.h"
#include "calendar/zone_rule.h"

#define HEADER_SIZE 44
#define SPAN_MAX    8192
#define YEAR_FIRST  1900 /* where a footer without any transition begins */
#define OFFSET_MAX  (26 * 3600) /* RFC 8536: no clock is further from UTC */

/* The begin of the first span.  Far enough from the end of int64_t that
 * adding an offset cannot overflow. */
#define ALWAYS (INT64_MIN / 4)

/* The clock shows `instant + offset` from `begin` to the next span's.
 * `reach` is the first local time no span up to here shows: non-decreasing,
 * so that both searches are binary. */
struct span {
  int64_t begin, reach;
  int32_t offset;
};

struct zone {
  char name[ZONE_NAME_MAX + 1];
  size_t count;
  struct span span[];
};

const char *zone_name(const struct zone *z)
{
  return z->name;
}

void zone_free(struct zone *z)
{
  free(z);
}

/* The span that holds `instant`. */
static size_t span_at(const struct zone *z, int64_t instant)
{
  size_t low = 0, high = z->count;

  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (z->span[middle].begin <= instant)
      low = middle;
    else
      high = middle;
  }
  return low;
}

int64_t zone_local(const struct zone *z, int64_t instant)
{
  return instant + z->span[span_at(z, instant)].offset;
}

int64_t zone_reached(const struct zone *z, int64_t instant)
{
  size_t i = span_at(z, instant);
  int64_t shown = instant + z->span[i].offset;

  return i > 0 && z->span[i - 1].reach - 1 > shown ? z->span[i - 1].reach - 1
                                                   : shown;
}

int64_t zone_instant(const struct zone *z, int64_t local)
{
  size_t low = 0, high = z->count - 1;
  int64_t instant;

  while (low < high) {
    size_t middle = (low + high) / 2;
    if (z->span[middle].reach > local)
      high = middle;
    else
      low = middle + 1;
  }
  instant = local - z->span[low].offset;
  return instant > z->span[low].begin ? instant : z->span[low].begin;
}

int64_t zone_day_end(const struct zone *z, int64_t instant)
{
  int64_t local = zone_local(z, instant);
  int64_t midnight = (floor_div(local, DAY_S) + 1) * DAY_S;
  int64_t end = zone_instant(z, midnight);

  /* Where the clock goes back over midnight, the second evening's day ends
   * at the second midnight, which zone_instant() does not give. */
  return end > instant ? end : instant + (midnight - local);
}

/* A zone while it is made; spans arrive in order. */
struct draft {
  struct span span[SPAN_MAX];
  size_t count;
  int64_t last; /* the latest change told, even if the offset stayed */
};

static bool draft_add(struct draft *d, int64_t begin, int32_t offset)
{
  struct span *last = d->count > 0 ? &d->span[d->count - 1] : NULL;

  if (last != NULL && begin < d->last)
    return false;
  d->last = begin;
  if (last != NULL && begin == last->begin) {
    last->offset = offset;
    return true;
  }
  if (last != NULL && offset == last->offset)
    return true; /* only the name or the summer flag changed */
  if (d->count == SPAN_MAX)
    return false;
  d->span[d->count++] = (struct span){.begin = begin, .offset = offset};
  return true;
}

static bool draft_extend(struct draft *d, const struct zone_rule *r)
{
  int64_t last = d->last;
  bool has_past = last > ALWAYS;
  struct civil from = {.year = YEAR_FIRST};

  if (!r->has_summer)
    return has_past || draft_add(d, ALWAYS, r->standard_s);
  if (!has_past && !draft_add(d, ALWAYS, r->standard_s))
    return false;
  if (last >= CIVIL_DAY_END * DAY_S)
    return true;
  /* A file may speak of the Big Bang; the years between are not ours. */
  if (last > civil_to_day(YEAR_FIRST, 1, 1) * DAY_S)
    civil_from_day(floor_div(last, DAY_S) - 1, &from);
  for (int year = from.year; year <= CIVIL_YEAR_MAX + 1; year++) {
    int64_t begin, end;
    bool south;

    zone_rule_year(r, year, &begin, &end);
    south = end < begin;
    /* At one instant (summer time all year) the later call wins. */
    if (south && end > last && !draft_add(d, end, r->standard_s))
      return false;
    if (begin > last && !draft_add(d, begin, r->summer_s))
      return false;
    if (!south && end > last && !draft_add(d, end, r->standard_s))
      return false;
  }
  return true;
}

static int draft_finish(const struct draft *d, const char *name,
                        struct zone **out, struct err *e)
{
  struct zone *z = malloc(sizeof *z + d->count * sizeof d->span[0]);
  int64_t reach = INT64_MIN;

  if (z == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a time zone");
  z->count = d->count;
  memset(z->name, 0, sizeof z->name);
  memcpy(z->name, name, strnlen(name, ZONE_NAME_MAX));
  for (size_t i = 0; i < d->count; i++) {
    z->span[i] = d->span[i];
    if (i + 1 < d->count) {
      int64_t end = d->span[i + 1].begin + d->span[i].offset;
      reach = end > reach ? end : reach;
    } else {
      reach = INT64_MAX;
    }
    z->span[i].reach = reach;
  }
  *out = z;
  return 0;
}

/* One of the two data blocks of a TZif file: what its header counts. */
struct block {
  const unsigned char *data;
  size_t time_size; /* 4 in the first block, 8 in the second */
  size_t times, types, letters, leaps, standards, universals;
};

static uint64_t read_big(const unsigned char *p, size_t size)
{
  uint64_t n = 0;

  while (size-- > 0)
    n = n << 8 | *p++;
  return n;
}

/* Returns the bytes the header and the block take, or 0. */
static size_t block_read(struct block *b, const unsigned char *p, size_t left,
                         size_t time_size)
{
  size_t *const counts[] = {&b->universals, &b->standards, &b->leaps,
                            &b->times,      &b->types,     &b->letters};
  size_t size;

  if (left < HEADER_SIZE || memcmp(p, "TZif", 4) != 0)
    return 0;
  for (size_t i = 0; i < 6; i++) {
    *counts[i] = (size_t)read_big(p + 20 + 4 * i, 4);
    if (*counts[i] > ZONE_FILE_MAX)
      return 0;
  }
  b->data = p + HEADER_SIZE;
  b->time_size = time_size;
  size = HEADER_SIZE + b->times * (time_size + 1) + b->types * 6 + b->letters +
         b->leaps * (time_size + 4) + b->standards + b->universals;
  return size <= left ? size : 0;
}

static bool block_spans(const struct block *b, struct draft *d)
{
  const unsigned char *index = b->data + b->times * b->time_size;
  const unsigned char *types = index + b->times;

  if (b->types == 0)
    return false;
  for (size_t i = 0; i <= b->times; i++) {
    size_t type = i == 0 ? 0 : index[i - 1];
    int64_t begin = ALWAYS;
    int32_t offset;

    if (i > 0)
      begin = (int64_t)read_big(b->data + (i - 1) * 8, 8);
    if (type >= b->types || begin < ALWAYS || begin > -ALWAYS)
      return false;
    offset = (int32_t)(uint32_t)read_big(types + type * 6, 4);
    if (offset < -OFFSET_MAX || offset > OFFSET_MAX ||
        !draft_add(d, begin, offset))
      return false;
  }
  return true;
}

/* A file that a person should not have named is ERR_PARAMETER; one that
 * should have been good is ERR_CONFIG.  `*why` is set on failure. */
static enum err_code draft_parse(struct draft *d, const unsigned char *data,
                                 size_t size, const char **why)
{
  struct block first, second;
  struct zone_rule rule;
  size_t skip, used;
  const unsigned char *line_end;

  *why = "it is not a TZif file";
  if (size < 4 || memcmp(data, "TZif", 4) != 0)
    return ERR_PARAMETER;
  *why = "it is damaged";
  skip = block_read(&first, data, size, 4);
  if (skip == 0)
    return ERR_CONFIG;
  *why = "it is TZif version 1, which ends in 2037";
  if (data[4] < '2')
    return ERR_CONFIG;
  *why = "it is damaged";
  used = block_read(&second, data + skip, size - skip, 8);
  if (used == 0 || !block_spans(&second, d))
    return ERR_CONFIG;
  *why = "it counts leap seconds, which no schedule does";
  if (second.leaps > 0)
    return ERR_PARAMETER;
  *why = "its footer is cut";
  data += skip + used;
  size -= skip + used;
  if (size < 2 || data[0] != '\n')
    return ERR_CONFIG;
  line_end = memchr(data + 1, '\n', size - 1);
  if (line_end == NULL)
    return ERR_CONFIG;
  if (line_end == data + 1)
    return ERR_OK; /* no rule: the last offset stays */
  *why = "its footer is not a POSIX TZ rule";
  if (!zone_rule_parse((const char *)data + 1, (size_t)(line_end - data - 1),
                       &rule) ||
      !draft_extend(d, &rule))
    return ERR_CONFIG;
  return ERR_OK;
}

static struct draft *draft_new(void)
{
  struct draft *d = malloc(sizeof *d);

  if (d != NULL)
    d->count = 0;
  return d;
}

int zone_parse(const char *name, const unsigned char *data, size_t size,
               struct zone **out, struct err *e)
{
  CLEANUP_FREE struct draft *d = draft_new();
  enum err_code code;
  const char *why;

  if (d == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a time zone");
  code = draft_parse(d, data, size, &why);
  if (code != ERR_OK)
    return err_set(e, code, "time zone file of %s: %s", name, why);
  return draft_finish(d, name, out, e);
}

static int zone_utc(const char *name, struct zone **out, struct err *e)
{
  CLEANUP_FREE struct draft *d = draft_new();

  if (d == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a time zone");
  (void)draft_add(d, ALWAYS, 0); /* an empty draft has room */
  return draft_finish(d, name, out, e);
}

static bool name_is_valid(const char *name)
{
  char before = '/';

  for (const char *p = name; *p != '\0'; before = *p++) {
    bool is_word = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
                   (*p >= '0' && *p <= '9') || *p == '_' || *p == '+' ||
                   *p == '-';
    if (!is_word && *p != '/')
      return false;
    if (*p == '/' && before == '/')
      return false;
  }
  return before != '/';
}

static int file_read(int fd, const char *name, unsigned char *data,
                     size_t *out_size, struct err *e)
{
  struct stat st;
  size_t size = 0;

  if (fstat(fd, &st) != 0)
    return err_set(e, ERR_CONFIG, "time zone file of %s: %s", name,
                   strerrordesc_np(errno));
  if (!S_ISREG(st.st_mode))
    return err_set(e, ERR_PARAMETER,
                   "there is no time zone \"%s\" (it is a group of zones)",
                   name);
  while (size < ZONE_FILE_MAX) {
    ssize_t n = read(fd, data + size, ZONE_FILE_MAX - size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return err_set(e, ERR_CONFIG, "time zone file of %s: %s", name,
                     strerrordesc_np(errno));
    if (n == 0)
      break;
    size += (size_t)n;
  }
  *out_size = size;
  return 0;
}

int zone_open(const char *folder, const char *name, struct zone **out,
              struct err *e)
{
  CLEANUP_FREE unsigned char *data = NULL;
  CLEANUP_FD int dir = -1;
  CLEANUP_FD int fd = -1;
  size_t size = 0;
  int rc;

  if (name == NULL || name[0] == '\0')
    name = "UTC";
  if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0)
    return zone_utc(name, out, e);
  if (strnlen(name, ZONE_NAME_MAX + 1) > ZONE_NAME_MAX || !name_is_valid(name))
    return err_set(e, ERR_PARAMETER,
                   "the time zone is not a name such as Europe/Berlin");
  if (folder == NULL)
    folder = ZONE_FOLDER;
  dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0)
    return err_set(e, ERR_CONFIG, "time zones: %s: %s (is tzdata installed?)",
                   folder, strerrordesc_np(errno));
  /* A device or a pipe below the folder must not block us. */
  fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return err_set(e, ERR_PARAMETER, "there is no time zone \"%s\" in %s", name,
                   folder);
  data = malloc(ZONE_FILE_MAX);
  if (data == NULL)
    return err_set(e, ERR_NOMEM, "no memory for a time zone");
  rc = file_read(fd, name, data, &size, e);
  if (rc != 0)
    return rc;
  return zone_parse(name, data, size, out, e);
}
