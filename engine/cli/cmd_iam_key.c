/* keyturn iam key create, list, activate, deactivate, delete.
 *
 * A secret access key is told once.  Its way to standard output or to a file
 * is past stdio, which is not secret memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/format.h"
#include "cli/iam_words.h"
#include "cli/report.h"
#include "cli/table_out.h"

#define KEY_TEXT_MAX 4096

/* ---- create ---------------------------------------------------------------
 */

static int dump_into(const char *text, size_t n, void *arg)
{
  buf_put(arg, text, n);
  return 0;
}

/* Lines for a shell, or JSON. */
static int key_text(const struct cli *cli, const json_t *key, struct buf *out,
                    struct err *e)
{
  if (cli->json &&
      json_dump_callback(key, dump_into, out,
                         JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0)
    return err_set(e, ERR_NOMEM, "no memory for the key");
  if (!cli->json) {
    buf_puts(out, "export AWS_ACCESS_KEY_ID=");
    buf_puts(out, json_str(key, "AccessKeyId"));
    buf_puts(out, "\nexport AWS_SECRET_ACCESS_KEY=");
    buf_puts(out, json_str(key, "SecretAccessKey"));
  }
  buf_putc(out, '\n');
  return buf_check(out, e);
}

/* Before there is a key, so that none is lost for want of a file. */
static int file_open(const char *path, int *out_fd, struct err *e)
{
  int fd =
      open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return err_set(e, ERR_IO, "%s: %s; no key was made", path, strerror(errno));
  *out_fd = fd;
  return 0;
}

static int file_write(int fd, const char *path, const struct buf *text,
                      struct err *e)
{
  for (size_t at = 0; at < text->len;) {
    ssize_t n = write(fd, text->data + at, text->len - at);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    at += (size_t)n;
  }
  return fsync(fd) == 0 ? 0
                        : err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
}

static int key_hand_over(struct cli *cli, const json_t *key, int fd,
                         const char *path, struct err *e)
{
  CLEANUP_BUF struct buf text;
  int rc;

  buf_init(&text, KEY_TEXT_MAX, true);
  rc = key_text(cli, key, &text, e);
  if (rc == 0)
    rc = path == NULL ? report_bytes(cli, text.data, text.len, e)
                      : file_write(fd, path, &text, e);
  if (rc != 0)
    return rc;
  if (path != NULL)
    (void)fprintf(cli->out, "Wrote access key %s to %s\n",
                  json_str(key, "AccessKeyId"), path);
  else
    report_aside(cli, "The secret access key is shown this once: nobody can "
                      "get it again.");
  return 0;
}

int cmd_iam_key_create(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "UserName", args->words[0]);
  CLEANUP_JSON json_t *key = NULL;
  CLEANUP_FD int fd = -1;
  const char *path = args_get(args, "output");
  int rc = path == NULL ? 0 : file_open(path, &fd, e);

  if (rc != 0)
    return rc;
  rc = client_call(cli->client, "keyturn.CreateAccessKey", in, &key, e);
  if (rc != 0 && path != NULL)
    (void)unlink(path); /* empty, and ours */
  return rc == 0 ? key_hand_over(cli, key, fd, path, e) : rc;
}

/* ---- the others -----------------------------------------------------------
 */

int cmd_iam_key_list(struct cli *cli, const struct args *args, struct err *e)
{
  static const char *const headings[] = {"ACCESS KEY", "STATUS", "CREATED",
                                         "LAST USED", NULL};
  CLEANUP_JSON json_t *in = json_pack("{s:s}", "UserName", args->words[0]);
  CLEANUP_JSON json_t *reply = NULL;
  struct table_out *t = NULL;
  const json_t *one;
  size_t i;
  int rc = client_call(cli->client, "keyturn.ListAccessKeys", in, &reply, e);

  if (rc != 0)
    return rc;
  if (cli->json)
    return report_json(cli, reply, e);
  rc = table_new(cli, headings, &t, e);
  json_array_foreach (json_object_get(reply, "AccessKeys"), i, one) {
    const char *status = json_str(one, "Status");
    bool is_active = status != NULL && strcmp(status, "Active") == 0;
    char made[FORMAT_MAX], used[FORMAT_MAX];

    format_time(client_time(one, "CreatedDate"), made, sizeof made);
    format_time(client_time(one, "LastUsedDate"), used, sizeof used);
    if (rc != 0)
      break;
    table_line(t);
    table_cell(t, COLOR_NONE, json_str(one, "AccessKeyId"));
    table_cell(t, is_active ? COLOR_GOOD : COLOR_DIM, status);
    table_cell(t, COLOR_NONE, made);
    table_cell(t, COLOR_NONE, strcmp(used, "-") == 0 ? "never" : used);
  }
  if (rc == 0)
    rc = table_print(t, "No keys.  Next: keyturn iam key create USER", e);
  table_free(t);
  return rc;
}

static json_t *key_of(const struct args *args)
{
  return json_pack("{s:s, s:s}", "UserName", args->words[0], "AccessKeyId",
                   args->words[1]);
}

static int set_status(struct cli *cli, const struct args *args,
                      const char *status, const char *done, struct err *e)
{
  CLEANUP_JSON json_t *in = key_of(args);

  (void)json_object_set_new(in, "Status", json_string(status));
  return iam_call(cli, "keyturn.UpdateAccessKey", in, e, "%s %s", done,
                  args->words[1]);
}

int cmd_iam_key_activate(struct cli *cli, const struct args *args,
                         struct err *e)
{
  return set_status(cli, args, "Active", "Activated", e);
}

int cmd_iam_key_deactivate(struct cli *cli, const struct args *args,
                           struct err *e)
{
  return set_status(cli, args, "Inactive", "Deactivated", e);
}

int cmd_iam_key_delete(struct cli *cli, const struct args *args, struct err *e)
{
  CLEANUP_JSON json_t *in = key_of(args);

  return iam_call(cli, "keyturn.DeleteAccessKey", in, e, "Deleted %s",
                  args->words[1]);
}
