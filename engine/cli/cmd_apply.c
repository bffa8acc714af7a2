/* keyturn apply: reads all plans, asks keyturnd what is there, tells every
 * fault, and only then changes anything, secret by secret.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/preflight.h"
#include "cli/report.h"
#include "cli/rules.h"
#include "cli/table_out.h"

struct apply {
  const struct cli *cli;
  const struct args *args;
  struct change_options options;
  bool is_dry;
  struct plan plan;
  struct change *changes; /* of plan.items, in their order */
  size_t n_found;
  size_t n_created, n_changed, n_same;
  json_t *done, *entities; /* for --json */
};

static const char *arrow(const struct cli *cli)
{
  return cli->is_utf8 ? "\xe2\x86\x92" : "->";
}

/* A string as it is, all else as JSON.  `none` when it is not there. */
static void value_text(const json_t *j, const char *none, char *out,
                       size_t size)
{
  char *text = NULL;

  if (!json_is_string(j) && !json_is_null(j))
    text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
  (void)snprintf(out, size, "%s",
                 text != NULL      ? text
                 : json_is_null(j) ? none
                                   : json_string_value(j));
  secret_free(text);
  text_tame(out);
}

/* Without a member a rotation is as its rotator, or keyturnd, has it. */
static const char *none_of(const char *what)
{
  if (strcmp(what, "rotating") == 0)
    return "on";
  return strcmp(what, "description") == 0 || strncmp(what, "tag ", 4) == 0
             ? "none"
             : "default";
}

/* What a new thing is, not what it was before there was one. */
static bool is_first(const struct change *ch, const json_t *line)
{
  const char *what = json_str(line, "what");
  bool is_rule = false;

  for (const char *const *key = rules_keys; *key != NULL; key++)
    is_rule |= strcmp(*key, what) == 0;
  return ch->is_new || strcmp(what, "value") == 0 ||
         (is_rule && ch->is_first_rotation);
}

static void say_line(const struct cli *cli, const struct change *ch,
                     const json_t *line)
{
  char what[160], from[512], to[512];
  const char *none =
      ch->item->list->kind != NULL ? "none" : none_of(json_str(line, "what"));

  value_text(json_object_get(line, "what"), "", what, sizeof what);
  value_text(json_object_get(line, "from"), none, from, sizeof from);
  value_text(json_object_get(line, "to"), none, to, sizeof to);
  (void)fprintf(cli->out, "    %s%-14s%s ", color_on(cli, COLOR_DIM), what,
                color_off(cli, COLOR_DIM));
  if (is_first(ch, line))
    (void)fprintf(cli->out, "%s\n", to);
  else
    (void)fprintf(cli->out, "%s %s %s\n", from, arrow(cli), to);
}

/* "prod/app", "user/app". */
struct label {
  char text[640];
};

static struct label label_of(const struct change *ch)
{
  const char *kind = ch->item->list->kind;
  struct label l;

  (void)snprintf(l.text, sizeof l.text, "%s%s%s", kind == NULL ? "" : kind,
                 kind == NULL ? "" : "/", ch->item->name);
  return l;
}

static void say_change(const struct apply *a, const struct change *ch)
{
  enum color color = ch->is_new ? COLOR_GOOD : COLOR_WARN;
  json_t *line;
  size_t i;

  (void)fprintf(a->cli->out, "%s%s %s%s\n", color_on(a->cli, color),
                ch->is_new ? "+" : "~", label_of(ch).text,
                color_off(a->cli, color));
  json_array_foreach (ch->lines, i, line)
    say_line(a->cli, ch, line);
}

static const char *action_of(const struct change *ch)
{
  if (ch->is_new)
    return "create";
  return change_is_none(ch) ? "none" : "change";
}

static void tell(struct apply *a, const struct change *ch)
{
  bool is_none = change_is_none(ch);

  assert(ch->item != NULL);
  a->n_same += is_none;
  a->n_created += ch->is_new;
  a->n_changed += !is_none && !ch->is_new;
  if (!a->cli->json && !is_none)
    say_change(a, ch);
  if (a->cli->json)
    (void)json_array_append_new(
        ch->item->list->kind == NULL ? a->done : a->entities,
        json_pack("{s:s, s:s, s:s, s:i, s:O}", "name", label_of(ch).text,
                  "action", action_of(ch), "file", ch->item->file->path, "line",
                  (int)plan_position(ch->item, "/name").line, "changes",
                  ch->lines));
}

static int find_one(struct apply *a, const struct plan_item *item,
                    struct change *out, struct err *e)
{
  out->item = item;
  if (item->list->kind != NULL)
    return change_find_entity(&a->plan, item, a->cli->client, out, e);
  return change_find(&a->plan, item, &a->options, a->cli->client, out, e);
}

static int find_all(struct apply *a, struct err *e)
{
  a->changes = calloc(a->plan.n_items + 1, sizeof *a->changes);
  if (a->changes == NULL)
    return err_set(e, ERR_NOMEM, "no memory for %zu secrets", a->plan.n_items);
  for (size_t i = 0; i < a->plan.n_items; i++) {
    int rc;

    a->n_found = i + 1;
    rc = find_one(a, &a->plan.items[i], &a->changes[i], e);
    if (rc != 0)
      return err_wrap(e, "%s", label_of(&a->changes[i]).text);
  }
  return 0;
}

static int check_all(struct apply *a, struct err *e)
{
  CLEANUP_JSON json_t *rotators = NULL;
  int rc = preflight_rotators(a->cli->client, &rotators, e);

  for (size_t i = 0; rc == 0 && i < a->n_found; i++) {
    const struct plan_item *item = &a->plan.items[i];

    rc = item->list->kind != NULL
             ? preflight_names(&a->plan, item, a->cli->client, e)
             : preflight_check(&a->plan, &a->changes[i], &a->options, rotators,
                               a->cli->client, e);
  }
  return rc;
}

/* What stands when the i-th could not be done; main prints it. */
static int stopped(const struct apply *a, size_t i, struct err *e)
{
  const struct change *ch = &a->changes[i];
  struct position at = plan_position(ch->item, "/name");
  size_t left = 0;
  struct err why = *e;

  for (size_t k = i + 1; k < a->n_found; k++)
    left += !change_is_none(&a->changes[k]);
  return err_set(
      e, why.code,
      "%.200s:%u: %.512s: %s\nApplied before that: %zu of the secrets%s; "
      "%zu more were to follow.  Apply the plan again: it goes on where this "
      "ended.",
      ch->item->file->path, at.line, label_of(ch).text, why.text,
      a->n_created + a->n_changed,
      ch->n_done > 0 ? ", and this one in part" : "", left);
}

static int do_all(struct apply *a, struct err *e)
{
  for (size_t i = 0; i < a->n_found; i++) {
    struct change *ch = &a->changes[i];
    int rc = 0;

    if (!a->is_dry && !change_is_none(ch))
      rc = a->plan.items[i].list->kind == NULL
               ? change_apply(ch, &a->options, a->cli->client, e)
               : change_apply_entity(ch, a->cli->client, e);
    if (rc != 0)
      return stopped(a, i, e);
    tell(a, ch);
  }
  return 0;
}

static int say_json(const struct apply *a, struct err *e)
{
  CLEANUP_JSON json_t *all =
      json_pack("{s:b, s:I, s:I, s:I, s:O}", "dryRun", a->is_dry, "created",
                (json_int_t)a->n_created, "changed", (json_int_t)a->n_changed,
                "unchanged", (json_int_t)a->n_same, "secrets", a->done);

  if (json_array_size(a->entities) > 0)
    (void)json_object_set(all, "entities", a->entities);
  return report_json(a->cli, all, e);
}

static void say_end(const struct apply *a)
{
  FILE *out = a->cli->out;

  if (a->n_created + a->n_changed == 0) {
    (void)fprintf(out, "Nothing to change: %zu %s%s as planned.\n", a->n_same,
                  a->plan.n_items == 0 || a->plan.items[0].list->kind == NULL
                      ? "secret"
                      : "item",
                  a->n_same == 1 ? " is" : "s are");
    return;
  }
  (void)fprintf(out, "%s %zu, %s %zu, unchanged %zu.%s\n",
                a->is_dry ? "To create" : "Created", a->n_created,
                a->is_dry ? "to change" : "changed", a->n_changed, a->n_same,
                a->is_dry ? "  Nothing was changed: --dry-run." : "");
  if (a->is_dry)
    report_next(a->cli, "the same without --dry-run");
  else
    report_next(a->cli, "keyturn rotation list");
}

static int refuse(const struct apply *a)
{
  (void)fflush(a->cli->out);
  (void)fprintf(a->cli->err,
                "keyturn apply: %zu fault%s in the plans; nothing was "
                "changed\n",
                a->plan.n_faults, a->plan.n_faults == 1 ? "" : "s");
  return EXIT_FAILED;
}

static int run(struct apply *a, struct err *e)
{
  int rc = plan_read(&a->plan, a->args->words, (size_t)a->args->n_words,
                     a->cli->err, e);

  if (rc == 0 && a->plan.n_faults > 0)
    return refuse(a);
  if (rc == 0)
    rc = find_all(a, e);
  if (rc == 0)
    rc = check_all(a, e);
  if (rc == 0 && a->plan.n_faults > 0)
    return refuse(a);
  if (rc != 0)
    return rc;
  a->done = json_array();
  a->entities = json_array();
  rc = do_all(a, e);
  if (a->cli->json) {
    struct err ignored = {0};
    int printed = say_json(a, rc == 0 ? e : &ignored);

    rc = rc == 0 ? printed : rc;
  } else if (rc == 0) {
    say_end(a);
  }
  return rc;
}

int cmd_apply(struct cli *cli, const struct args *args, struct err *e)
{
  struct apply a = {
      .cli = cli,
      .args = args,
      .options = {args_get(args, "values-dir"), args_has(args, "set-values")},
      .is_dry = args_has(args, "dry-run"),
  };
  int rc = run(&a, e);

  for (size_t i = 0; i < a.n_found; i++)
    change_release(&a.changes[i]);
  free(a.changes);
  json_decref(a.done);
  json_decref(a.entities);
  plan_release(&a.plan);
  return rc;
}
