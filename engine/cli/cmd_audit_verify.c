/* keyturn audit verify: by keyturnd, or over a folder, with no daemon. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client.h"
#include "cli/report.h"
#include "cli/table_out.h"
#include "event/trail/verify.h"

#define PEM_MAX 65536

/* ---- what is said -------------------------------------------------------- */

static void say_finding(const struct cli *cli, const char *file, int64_t line,
                        const char *text)
{
  char where[128], tame[512];

  (void)snprintf(where, sizeof where, "%.80s", file == NULL ? "" : file);
  (void)snprintf(tame, sizeof tame, "%s", text == NULL ? "" : text);
  text_tame(where);
  text_tame(tame);
  if (line > 0)
    (void)fprintf(cli->out, "%s:%" PRId64 ": %s\n", where, line, tame);
  else
    (void)fprintf(cli->out, "%s: %s\n", where, tame);
}

/* The members of VerifyAudit's reply. */
static json_t *result_json(const struct verify_result *r, const char *folder,
                           json_t *findings)
{
  return json_pack("{s:b,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "Whole",
                   r->findings == 0, "Found", r->findings, "Folder", folder,
                   "Files", r->files, "Records", r->lines, "Digests",
                   r->digests, "Unfinished", r->torn, "FirstSequence", r->first,
                   "LastSequence", r->last, "ProvenSequence", r->proven,
                   "Findings", findings);
}

static void say_result(const struct cli *cli, const json_t *r, bool alone)
{
  int64_t found = json_int(r, "Found", 0), torn = json_int(r, "Unfinished", 0);
  int64_t last = json_int(r, "LastSequence", 0),
          proven = json_int(r, "ProvenSequence", 0);

  report_fact(cli, "Folder:", "%s", json_str(r, "Folder"));
  report_fact(
      cli, "Records:", "%" PRId64 " in %" PRId64 " files, %" PRId64 " digests",
      json_int(r, "Records", 0), json_int(r, "Files", 0),
      json_int(r, "Digests", 0));
  if (torn > 0)
    report_fact(cli,
                "Unfinished:", "%" PRId64 " lines, by crashes, and owned up to",
                torn);
  if (alone && proven < last)
    report_fact(cli, "Not proven:",
                "records %" PRId64 " to %" PRId64
                ": written after the last digest; there may have been more",
                proven + 1, last);
  report_fact(cli, "Result:", "%s%s%s",
              color_on(cli, found == 0 ? COLOR_GOOD : COLOR_BAD),
              found == 0 ? "the trail is what was written"
                         : "the trail was changed",
              color_off(cli, COLOR_GOOD));
}

/* ---- over a folder ------------------------------------------------------- */

static int key_read(const struct args *args, const char *folder,
                    struct digest_key **out, struct err *e)
{
  const char *path = args_get(args, "public-key");
  CLEANUP_FREE char *own = NULL;
  CLEANUP_BUF struct buf pem;
  CLEANUP_FD int fd = -1;
  int rc;

  buf_init(&pem, PEM_MAX, false);
  if (path == NULL && asprintf(&own, "%s/" TRAIL_PUBLIC_KEY, folder) < 0)
    return err_set(e, ERR_NOMEM, "out of memory");
  path = path == NULL ? own : path;
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return err_set(e, ERR_CONFIG, "cannot read the public key %s: %s", path,
                   strerror(errno));
  rc = buf_read(&pem, fd, e);
  if (rc == 0)
    rc = digest_key_public(pem.data == NULL ? "" : pem.data, pem.len, out, e);
  return rc == 0 ? 0 : err_wrap(e, "%s", path);
}

struct told {
  const struct cli *cli;
  json_t *findings;
};

static void on_finding(void *ctx, const struct verify_finding *f)
{
  struct told *t = ctx;

  if (!t->cli->json)
    say_finding(t->cli, f->file, f->line, f->text);
  (void)json_array_append_new(
      t->findings, json_pack("{s:s,s:I,s:s}", "File", f->file, "Line", f->line,
                             "Text", f->text)); /* best effort */
}

static int verify_folder(struct cli *cli, const struct args *args,
                         struct err *e)
{
  CLEANUP_JSON json_t *findings = json_array(), *result = NULL;
  const char *folder = args->words[0];
  struct verify_options o = {.folder = folder,
                             .may_be_partial = args_has(args, "partial")};
  struct told told = {cli, findings};
  struct digest_key *key = NULL;
  struct verify_result r;
  int rc = key_read(args, folder, &key, e);

  o.key = key;
  if (rc == 0)
    rc = verify_run(&o, on_finding, &told, &r, e);
  digest_key_free(key);
  if (rc != 0)
    return rc;
  result = result_json(&r, folder, findings);
  if (result == NULL)
    return err_set(e, ERR_NOMEM, "no memory for the result");
  if (cli->json)
    rc = report_json(cli, result, e);
  else
    say_result(cli, result, true);
  return rc == 0 && r.findings > 0 ? EXIT_FAILED : rc;
}

/* ---- by keyturnd --------------------------------------------------------- */

static int verify_asked(struct cli *cli, struct err *e)
{
  CLEANUP_JSON json_t *r = NULL;
  const json_t *one;
  size_t i;
  int rc = client_call(cli->client, "keyturn.VerifyAudit", NULL, &r, e);

  if (rc != 0)
    return rc;
  if (cli->json) {
    rc = report_json(cli, r, e);
  } else {
    json_array_foreach (json_object_get(r, "Findings"), i, one)
      say_finding(cli, json_str(one, "File"), json_int(one, "Line", 0),
                  json_str(one, "Text"));
    say_result(cli, r, false);
  }
  return rc == 0 && !json_bool(r, "Whole", false) ? EXIT_FAILED : rc;
}

int cmd_audit_verify(struct cli *cli, const struct args *args, struct err *e)
{
  if (args->n_words > 0)
    return verify_folder(cli, args, e);
  if (args_has(args, "public-key") || args_has(args, "partial"))
    return args_refuse(cli, args,
                       "--public-key and --partial go with a FOLDER");
  return verify_asked(cli, e);
}
