/* What commands print besides tables: facts, JSON, the next command. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/json.h"
#include "base/secret.h"
#include "cli/command.h"

/* "Label:          text". */
void report_fact(const struct cli *cli, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "Next: keyturn …", on stderr when out is no terminal, so that scripts see
 * results only. */
void report_next(const struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* One line of what it means, where report_next goes; NULL prints nothing. */
void report_aside(const struct cli *cli, const char *text);
/* Indented JSON and a newline. */
int report_json(const struct cli *cli, const json_t *j, struct err *e);
/* Past stdio's buffer, which is not secret memory. */
int report_bytes(const struct cli *cli, const void *data, size_t len,
                 struct err *e);
/* Pages as one JSON object {"member": […]} without holding them all; prints
 * nothing before the first page is there. */
struct report_list {
  const struct cli *cli;
  const char *member;
  size_t n;
};
void report_list_begin(struct report_list *l, const struct cli *cli,
                       const char *member);
void report_list_add(struct report_list *l, const json_t *one);
void report_list_end(struct report_list *l);

int64_t report_now_us(void);

#endif
