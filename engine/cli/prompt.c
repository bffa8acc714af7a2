/* Reading secrets, straight into secret memory. */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/cleanup.h"

#define CTRL_C '\003'

int prompt_read_file(const char *path, struct secret *out, struct err *e)
{
  CLEANUP_FD int fd = -1;
  CLEANUP_BUF struct buf text;
  bool is_stdin = strcmp(path, "-") == 0;
  int rc;

  /* A page more than the limit, so that what is too long can be told. */
  buf_init(&text, SECRET_VALUE_MAX + 2 * 4096, true);
  if (!is_stdin)
    fd = open(path, O_RDONLY | O_CLOEXEC);
  if (!is_stdin && fd < 0)
    return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
  rc = buf_read(&text, is_stdin ? STDIN_FILENO : fd, e);
  if (rc == -ERR_NOMEM)
    rc = err_set(e, ERR_PARAMETER, "a secret has at most %d bytes",
                 SECRET_VALUE_MAX);
  if (rc == 0 && text.len > SECRET_VALUE_MAX + 1)
    rc = err_set(e, ERR_PARAMETER, "a secret has at most %d bytes",
                 SECRET_VALUE_MAX);
  if (rc == 0)
    rc = secret_copy(text.data == NULL ? "" : text.data, text.len, out, e);
  return rc == 0 ? 0 : err_wrap(e, "%s", is_stdin ? "standard input" : path);
}

static void drop_newline(struct secret *s)
{
  if (s->len > 0 && s->data[s->len - 1] == '\n')
    s->data[--s->len] = '\0';
}

static void say(int tty, const char *text)
{
  /* A terminal that takes no question gets no answer either: read says so. */
  ssize_t ignored = write(tty, text, strlen(text));

  (void)ignored;
}

/* One line without echo.  The terminal is set back on every path but a signal
 * that kills us; ISIG is off meanwhile, so Ctrl-C comes as a character, which
 * ends the line as Enter does. */
static int ask(int tty, const char *question, struct secret *out, struct err *e)
{
  CLEANUP_BUF struct buf line;
  struct termios before, quiet;
  int rc = 0;
  char c = '\0';

  buf_init(&line, SECRET_VALUE_MAX + 1, true);
  if (tcgetattr(tty, &before) != 0)
    return err_set(e, ERR_IO, "the terminal: %s", strerror(errno));
  quiet = before;
  quiet.c_lflag &= (tcflag_t) ~(tcflag_t)(ECHO | ISIG);
  quiet.c_cc[VEOL] = CTRL_C;
  /* Before the question: this drops what was typed until now. */
  if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
    return err_set(e, ERR_IO, "the terminal: %s", strerror(errno));
  say(tty, question);
  while (rc == 0 && read(tty, &c, 1) == 1 && c != '\n') {
    if (c == CTRL_C)
      rc = err_set(e, ERR_PARAMETER, "stopped; nothing was changed");
    buf_putc(&line, c);
  }
  (void)tcsetattr(tty, TCSAFLUSH, &before); /* it worked a moment ago */
  say(tty, "\n");
  secret_wipe(&c, sizeof c);
  if (rc == 0 && line.len == 0)
    rc = err_set(e, ERR_PARAMETER, "an empty answer; nothing was changed");
  if (rc == 0)
    rc = buf_check(&line, e);
  return rc == 0 ? secret_copy(line.data, line.len, out, e) : rc;
}

static int ask_twice(struct secret *out, struct err *e)
{
  CLEANUP_FD int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
  CLEANUP_SECRET struct secret first = {0}, second = {0};
  int rc;

  if (tty < 0)
    return err_set(e, ERR_PARAMETER,
                   "there is no terminal to ask at; write --value - for "
                   "standard input, or --value-file FILE");
  rc = ask(tty, "Value (not shown): ", &first, e);
  if (rc == 0)
    rc = ask(tty, "Again: ", &second, e);
  if (rc == 0 && !secret_equal(&first, &second))
    rc = err_set(e, ERR_PARAMETER,
                 "the two answers differ; nothing was changed");
  if (rc != 0)
    return rc;
  *out = first;
  first = (struct secret){0}; /* transferred */
  return 0;
}

int prompt_value(const struct args *a, bool is_binary, struct secret *out,
                 struct err *e)
{
  const char *file = args_get(a, "value-file");
  int rc;

  if (file != NULL && args_has(a, "value"))
    return err_set(e, ERR_PARAMETER, "--value - or --value-file, not both");
  if (file == NULL && !args_has(a, "value"))
    return ask_twice(out, e);
  rc = prompt_read_file(file == NULL ? "-" : file, out, e);
  if (rc == 0 && !is_binary)
    drop_newline(out);
  if (rc == 0 && out->len > SECRET_VALUE_MAX)
    rc = err_set(e, ERR_PARAMETER, "a secret has at most %d bytes",
                 SECRET_VALUE_MAX);
  if (rc == 0 && out->len == 0)
    rc = err_set(e, ERR_PARAMETER, "%s is empty",
                 file == NULL ? "standard input" : file);
  return rc;
}

bool prompt_yes(const char *question)
{
  CLEANUP_FD int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
  char answer[8] = "";
  ssize_t n;

  if (tty < 0)
    return false;
  say(tty, question);
  say(tty, " [y/N] ");
  n = read(tty, answer, sizeof answer - 1);
  return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

int prompt_set_value(json_t *in, const struct secret *value, bool is_binary,
                     struct err *e)
{
  CLEANUP_SECRET struct secret text = {0};
  int rc;

  if (!is_binary) {
    /* NULL for what is not UTF-8, and then set_new fails. */
    if (memchr(value->data, '\0', value->len) == NULL &&
        json_object_set_new(
            in, "SecretString",
            json_stringn((const char *)value->data, value->len)) == 0)
      return 0;
    return err_set(e, ERR_PARAMETER,
                   "the value is not UTF-8 text; store it with --binary");
  }
  rc = base64_encode(value, &text, e);
  if (rc == 0 &&
      json_object_set_new(in, "SecretBinary",
                          json_stringn((const char *)text.data, text.len)) != 0)
    rc = err_set(e, ERR_NOMEM, "no memory for the value");
  return rc;
}
