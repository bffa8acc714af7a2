/* Facts, JSON and hints on the way out. */
#include "cli/report.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/table_out.h"

/* 15 digits: times and durations come out as they came in. */
#define REPORT_JSON (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

void report_fact(const struct cli *cli, const char *label, const char *fmt, ...)
{
  char text[2048];
  va_list ap;

  va_start(ap, fmt);
  (void)vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  text_tame(text);
  (void)fprintf(cli->out, "%s%-15s%s %s\n", color_on(cli, COLOR_DIM), label,
                color_off(cli, COLOR_DIM), text);
}

/* Results come first where both streams are one file. */
static FILE *beside(const struct cli *cli)
{
  (void)fflush(cli->out); /* main looks at the stream */
  return cli->is_tty ? cli->out : cli->err;
}

void report_aside(const struct cli *cli, const char *text)
{
  if (text != NULL && !cli->json)
    (void)fprintf(beside(cli), "%s\n", text);
}

void report_next(const struct cli *cli, const char *fmt, ...)
{
  va_list ap;
  FILE *to;

  if (cli->json)
    return;
  to = beside(cli);
  (void)fprintf(to, "Next: ");
  va_start(ap, fmt);
  (void)vfprintf(to, fmt, ap);
  va_end(ap);
  (void)fprintf(to, "\n");
}

static int dump_into(const char *text, size_t n, void *arg)
{
  struct buf *b = arg;

  buf_put(b, text, n);
  return b->failed ? -1 : 0;
}

int report_bytes(const struct cli *cli, const void *data, size_t len,
                 struct err *e)
{
  const char *at = data;

  if (fflush(cli->out) != 0)
    return err_set(e, ERR_IO, "standard output: %s", strerror(errno));
  while (len > 0) {
    ssize_t n = write(fileno(cli->out), at, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return err_set(e, ERR_IO, "standard output: %s", strerror(errno));
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

int report_json(const struct cli *cli, const json_t *j, struct err *e)
{
  CLEANUP_BUF struct buf b;

  buf_init(&b, 4 << 20, true);
  if (json_dump_callback(j, dump_into, &b, REPORT_JSON | JSON_INDENT(2)) != 0)
    return err_set(e, ERR_NOMEM, "no memory to print JSON");
  buf_putc(&b, '\n');
  return buf_check(&b, e) != 0 ? -ERR_NOMEM
                               : report_bytes(cli, b.data, b.len, e);
}

void report_list_begin(struct report_list *l, const struct cli *cli,
                       const char *member)
{
  *l = (struct report_list){cli, member, 0};
}

static void list_open(struct report_list *l)
{
  if (l->n == 0)
    (void)fprintf(l->cli->out, "{\"%s\": [", l->member);
}

void report_list_add(struct report_list *l, const json_t *one)
{
  list_open(l);
  (void)fprintf(l->cli->out, "%s\n", l->n++ > 0 ? "," : "");
  (void)json_dumpf(one, l->cli->out,
                   REPORT_JSON); /* main looks at the stream */
}

void report_list_end(struct report_list *l)
{
  list_open(l);
  (void)fprintf(l->cli->out, "\n]}\n");
}

int64_t report_now_us(void)
{
  return clock_now_us(clock_system());
}
