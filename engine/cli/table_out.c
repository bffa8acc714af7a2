/* Tables over libsmartcols. */
#include "cli/table_out.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

struct table_out {
  const struct cli *cli;
  struct libscols_table *table;
  struct libscols_line *line;
  size_t column, n_lines;
  bool has_failed;
};

static const char *const sequences[] = {
    [COLOR_NONE] = "",        [COLOR_GOOD] = "\033[32m",
    [COLOR_BAD] = "\033[31m", [COLOR_WARN] = "\033[33m",
    [COLOR_DIM] = "\033[2m",
};

const char *color_on(const struct cli *cli, enum color c)
{
  return cli->is_color ? sequences[c] : "";
}

const char *color_off(const struct cli *cli, enum color c)
{
  return cli->is_color && c != COLOR_NONE ? "\033[0m" : "";
}

void text_tame(char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < ' ' || *text == 0x7f)
      *text = ' ';
}

int table_new(const struct cli *cli, const char *const *headings,
              struct table_out **out, struct err *e)
{
  struct table_out *t = calloc(1, sizeof *t);

  if (t != NULL)
    t->table = scols_new_table();
  if (t == NULL || t->table == NULL) {
    free(t);
    return err_set(e, ERR_NOMEM, "no memory for a table");
  }
  t->cli = cli;
  (void)scols_table_set_stream(t->table, cli->out);
  (void)scols_table_enable_colors(t->table, cli->is_color);
  /* Never cut: a name that is not whole cannot be copied. */
  (void)scols_table_set_termforce(t->table, SCOLS_TERMFORCE_NEVER);
  (void)scols_table_set_column_separator(t->table, "  ");
  for (; *headings != NULL; headings++)
    if (scols_table_new_column(t->table, *headings, 0, 0) == NULL)
      t->has_failed = true;
  *out = t;
  return 0;
}

void table_line(struct table_out *t)
{
  t->line = scols_table_new_line(t->table, NULL);
  t->has_failed |= t->line == NULL;
  t->column = 0;
  t->n_lines++;
}

void table_cell(struct table_out *t, enum color color, const char *text)
{
  char *copy = text == NULL || text[0] == '\0' ? strdup("-") : strdup(text);

  if (copy != NULL)
    text_tame(copy);
  if (t->line == NULL || copy == NULL ||
      scols_line_set_data(t->line, t->column, copy) != 0) {
    free(copy);
    t->has_failed = true;
    return;
  }
  free(copy);
  if (t->cli->is_color && color != COLOR_NONE)
    (void)scols_cell_set_color(scols_line_get_cell(t->line, t->column),
                               sequences[color]);
  t->column++;
}

int table_print(struct table_out *t, const char *none, struct err *e)
{
  if (t->has_failed)
    return err_set(e, ERR_NOMEM, "no memory for a table");
  if (t->n_lines == 0) {
    (void)fprintf(t->cli->out, "%s\n", none);
    return 0;
  }
  if (scols_print_table(t->table) != 0)
    return err_set(e, ERR_IO, "cannot print the table");
  return 0;
}

void table_free(struct table_out *t)
{
  if (t == NULL)
    return;
  scols_unref_table(t->table);
  free(t);
}
