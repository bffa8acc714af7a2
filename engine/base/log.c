/* The log: fields to one line of JSON, or to journald.  Lines are written by
 * one write(2), so those of several threads do not mix.
 */
#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LINE_MAX_BYTES 16384
#define FIELDS_MAX     24

static const char *const names[] = {"debug", "info", "warn", "error"};
static const int priorities[] = {7, 6, 4, 3}; /* syslog(3) */
static _Atomic int least_level = LOG_INFO_;

void log_set_level(enum log_level least)
{
  atomic_store(&least_level, (int)least);
}

int log_level_parse(const char *name)
{
  for (int i = 0; i < 4; i++)
    if (strcmp(name, names[i]) == 0)
      return i;
  return -1;
}

/* systemd(1) sets JOURNAL_STREAM to "device:inode" of the stream it gave. */
static int stderr_is_journal(void)
{
  const char *stream = getenv("JOURNAL_STREAM");
  unsigned long long dev, ino;
  struct stat st;
  char *end;

  if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
    return 0;
  dev = strtoull(stream, &end, 10);
  if (*end != ':')
    return 0;
  ino = strtoull(end + 1, NULL, 10);
  return st.st_dev == dev && st.st_ino == ino;
}

static void format_line(struct buf *b, enum log_level level, const char *event,
                        const struct log_field *fields, size_t n)
{
  buf_putc(b, '{');
  buf_json_time(b, "time", clock_now_us(clock_system()));
  buf_json_str(b, "level", names[level]);
  buf_json_str(b, "event", event);
  for (size_t i = 0; i < n; i++) {
    if (fields[i].type == LOG_TYPE_INT)
      buf_json_int(b, fields[i].key, fields[i].num);
    else
      buf_json_str(b, fields[i].key, fields[i].str);
  }
  buf_putc(b, '}');
}

static void send_journal(enum log_level level, const char *event,
                         const struct buf *line)
{
  /* Best effort: where the log cannot be written nothing else can either. */
  (void)sd_journal_send("MESSAGE=%s", line->data, "PRIORITY=%d",
                        priorities[level], "KEYTURN_EVENT=%s", event, NULL);
}

void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n_fields)
{
  struct buf line;

  if ((int)level < atomic_load(&least_level))
    return;
  buf_init(&line, LINE_MAX_BYTES, false);
  format_line(&line, level, event, fields,
              n_fields < FIELDS_MAX ? n_fields : FIELDS_MAX);
  if (line.data != NULL && stderr_is_journal()) {
    send_journal(level, event, &line);
  } else if (line.data != NULL) {
    line.failed = false; /* cut lines are still worth having */
    buf_putc(&line, '\n');
    (void)!write(STDERR_FILENO, line.data, line.len); /* as above */
  }
  buf_release(&line);
}
