/* Reading plans, and telling what is wrong in them. */
#include "cli/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/table_out.h"
#include "schema/schema.h"

#define POINTER_MAX 4096

const struct plan_list plan_lists[] = {
    {"policies", "policy"}, {"groups", "group"}, {"roles", "role"},
    {"users", "user"},      {"secrets", NULL},   {NULL, NULL},
};

static int file_read(struct plan_file *f, struct err *e)
{
  CLEANUP_FD int fd = open(f->path, O_RDONLY | O_CLOEXEC);
  CLEANUP_BUF struct buf text;
  struct stat st;
  int rc;

  buf_init(&text, json_limits_file.bytes + 32768, true);
  if (fd < 0 || fstat(fd, &st) != 0)
    return err_set(e, ERR_IO, "%s", strerror(errno));
  f->is_private = (st.st_mode & 077) == 0;
  rc = buf_read(&text, fd, e);
  if (rc == -ERR_NOMEM)
    rc = err_set(e, ERR_PARAMETER, "a plan has at most %zu bytes",
                 json_limits_file.bytes);
  if (rc == 0)
    rc = secret_copy(text.data == NULL ? "" : text.data, text.len, &f->text, e);
  if (rc == 0)
    rc = json_read((const char *)f->text.data, f->text.len, &json_limits_file,
                   &f->doc, e);
  return rc;
}

static int file_add(struct plan *p, const char *path, struct err *e)
{
  struct plan_file *more, *f;
  struct err why = {0};

  if (p->n_files == PLAN_FILES_MAX)
    return err_set(e, ERR_PARAMETER, "more than %d plans at once",
                   PLAN_FILES_MAX);
  more = realloc(p->files, (p->n_files + 1) * sizeof *more);
  if (more == NULL)
    return err_set(e, ERR_NOMEM, "no memory for plans");
  p->files = more;
  f = &more[p->n_files];
  *f = (struct plan_file){.path = strdup(path)};
  if (f->path == NULL)
    return err_set(e, ERR_NOMEM, "no memory for plans");
  p->n_files++;
  if (file_read(f, &why) == 0)
    return 0;
  /* json_read's texts begin with line and column where there are any. */
  (void)fprintf(p->to, "%s:%s%s\n", path,
                why.text[0] >= '0' && why.text[0] <= '9' ? "" : " ", why.text);
  p->n_faults++;
  return 0;
}

static bool ends_in(const char *name, const char *tail)
{
  size_t n = strlen(name), t = strlen(tail);

  return n > t && strcmp(name + n - t, tail) == 0;
}

static int is_plan(const struct dirent *d)
{
  return d->d_name[0] != '.' && ends_in(d->d_name, ".json") &&
         !ends_in(d->d_name, ".schema.json");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int folder_add(struct plan *p, const char *path, struct err *e)
{
  size_t before = p->n_files;
  struct dirent **list;
  int n = scandir(path, &list, is_plan, by_name), rc = 0;

  if (n < 0)
    return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
  for (int i = 0; i < n; i++) {
    CLEANUP_FREE char *name = NULL;

    if (rc == 0 && asprintf(&name, "%s/%s", path, list[i]->d_name) < 0)
      rc = err_set(e, ERR_NOMEM, "no memory for plans");
    if (rc == 0)
      rc = file_add(p, name, e);
    free(list[i]);
  }
  free(list);
  if (rc == 0 && p->n_files == before) {
    (void)fprintf(p->to, "%s: expected plans, files named *.json\n", path);
    p->n_faults++;
  }
  return rc;
}

static int add(struct plan *p, const char *path, struct err *e)
{
  struct stat st;

  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
    return folder_add(p, path, e);
  return file_add(p, path, e);
}

static void tell(struct plan *p, const struct plan_file *f, const char *pointer,
                 const char *text)
{
  struct position at =
      position_find((const char *)f->text.data, f->text.len, pointer);
  char line[POINTER_MAX + ERR_TEXT_MAX];

  (void)snprintf(line, sizeof line, "%s%s%s", pointer,
                 pointer[0] == '\0' ? "" : ": ", text);
  text_tame(line); /* keys are anybody's */
  (void)fprintf(p->to, "%s:%u:%u: %s\n", f->path, at.line, at.column, line);
  p->n_faults++;
}

const char *plan_expected(const char *text, size_t *out_pointer)
{
  static const char mark[] = ": expected ";
  const char *last = NULL;

  /* The last one: a key can hold anything, a schema of ours cannot. */
  for (const char *at = text; (at = strstr(at, mark)) != NULL; at++)
    last = at;
  if (last == NULL) {
    *out_pointer = 0;
    return text;
  }
  *out_pointer = text[0] == '/' ? (size_t)(last - text) : 0;
  return last + 2;
}

static int file_check(struct plan *p, const struct plan_file *f,
                      const json_t *schema)
{
  char pointer[POINTER_MAX];
  const char *expected;
  struct err why = {0};
  size_t n;

  if (schema_check(schema, f->doc, &why) == 0) {
    for (const struct plan_list *l = plan_lists; l->member != NULL; l++)
      if (json_object_get(f->doc, l->member) != NULL)
        return 0;
    tell(p, f, "",
         "expected a list of secrets, users, groups, roles or policies");
    return -1;
  }
  expected = plan_expected(why.text, &n);
  (void)snprintf(pointer, sizeof pointer, "%.*s", (int)n, why.text);
  tell(p, f, pointer, expected);
  return -1;
}

static int items_add(struct plan *p, const struct plan_file *f,
                     const struct plan_list *which, struct err *e)
{
  const json_t *list = json_object_get(f->doc, which->member), *one;
  size_t n = p->n_items + json_array_size(list), i;
  struct plan_item *more;

  if (n > PLAN_ITEMS_MAX)
    return err_set(e, ERR_PARAMETER, "more than %d secrets at once",
                   PLAN_ITEMS_MAX);
  more = realloc(p->items, (n + 1) * sizeof *more);
  if (more == NULL)
    return err_set(e, ERR_NOMEM, "no memory for plans");
  p->items = more;
  json_array_foreach (list, i, one)
    more[p->n_items++] = (struct plan_item){
        which,
        f,
        i,
        json_str(one, "name"),
        one,
        json_object_get(one, "value"),
        json_object_get(one, "rotation"),
    };
  return 0;
}

int plan_read(struct plan *p, char **paths, size_t n, FILE *to, struct err *e)
{
  CLEANUP_JSON json_t *schema = NULL;
  int rc = schema_parse(plan_schema_text, &schema, e);

  *p = (struct plan){.to = to};
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = add(p, paths[i], e);
  for (size_t i = 0; rc == 0 && i < p->n_files; i++)
    p->files[i].is_good =
        p->files[i].doc != NULL && file_check(p, &p->files[i], schema) == 0;
  for (const struct plan_list *l = plan_lists; l->member != NULL; l++)
    for (size_t i = 0; rc == 0 && i < p->n_files; i++)
      if (p->files[i].is_good)
        rc = items_add(p, &p->files[i], l, e);
  return rc == 0 ? plan_check(p, e) : rc;
}

void plan_release(struct plan *p)
{
  for (size_t i = 0; i < p->n_files; i++) {
    json_decref(p->files[i].doc);
    secret_release(&p->files[i].text);
    free(p->files[i].path);
  }
  free(p->files);
  free(p->items);
  *p = (struct plan){0};
}

static void pointer_of(const struct plan_item *s, const char *below, char *out)
{
  (void)snprintf(out, POINTER_MAX, "/%s/%zu%s", s->list->member, s->index,
                 below);
}

struct position plan_position(const struct plan_item *s, const char *below)
{
  char pointer[POINTER_MAX];

  pointer_of(s, below, pointer);
  return position_find((const char *)s->file->text.data, s->file->text.len,
                       pointer);
}

void plan_fault(struct plan *p, const struct plan_item *s, const char *below,
                const char *fmt, ...)
{
  char text[ERR_TEXT_MAX], pointer[POINTER_MAX];
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  pointer_of(s, below, pointer);
  tell(p, s->file, pointer, text);
}

void plan_schema_fault(struct plan *p, const struct plan_item *s,
                       const char *below, const char *text)
{
  char pointer[POINTER_MAX];
  size_t n;
  const char *expected = plan_expected(text, &n);

  (void)snprintf(pointer, sizeof pointer, "%s%.*s", below, (int)n, text);
  plan_fault(p, s, pointer, "%s", expected);
}
