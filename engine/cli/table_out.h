/* Aligned tables (libsmartcols), colours and marks on a terminal. */
#ifndef CLI_TABLE_OUT_H
#define CLI_TABLE_OUT_H

#include "cli/command.h"

enum color { COLOR_NONE, COLOR_GOOD, COLOR_BAD, COLOR_WARN, COLOR_DIM };

/* The escape sequence that begins a colour, or that ends it; "" without
 * colours. */
const char *color_on(const struct cli *cli, enum color c);
const char *color_off(const struct cli *cli, enum color c);

/* A text from a server or a target, fit for a terminal: control characters
 * become spaces.  In place. */
void text_tame(char *text);

struct table_out;

/* `headings` is ended by NULL.  *out: returned, freed by table_free. */
int table_new(const struct cli *cli, const char *const *headings,
              struct table_out **out, struct err *e);
/* Begins a line; then one table_cell for each column.  Texts are copied;
 * NULL is "-".  A failure is kept for table_print. */
void table_line(struct table_out *t);
void table_cell(struct table_out *t, enum color color, const char *text);
/* Prints it; `none` is what is said instead of an empty table. */
int table_print(struct table_out *t, const char *none, struct err *e);
void table_free(struct table_out *t);

#endif
