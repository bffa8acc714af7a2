/* SearchAudit, VerifyAudit: the audit trail, read back. */
#include <stdio.h>
#include <string.h>

#include "api/ops.h"
#include "api/page.h"
#include "event/trail/search.h"

#define EVENTS_MOST   1000
#define FINDINGS_MOST 100
#define REPLY_BYTES   ((size_t)1 << 20)   /* then a token, too */
#define LOOKED_BYTES  ((size_t)256 << 20) /* then a token: nobody waits long */

/* ---- SearchAudit --------------------------------------------------------- */

static int put_event(void *ctx, const char *line, size_t len, struct err *e)
{
  struct buf *out = ctx;

  if (out->data[out->len - 1] != '[')
    buf_putc(out, ',');
  buf_put(out, line, len);
  return out->len > REPLY_BYTES ? 1 : buf_check(out, e);
}

static int time_take(struct call *c, const char *member, int64_t *out_us)
{
  const json_t *v = json_object_get(c->in, member);
  double s;

  *out_us = 0;
  if (v == NULL || json_is_null(v))
    return 0;
  s = json_number_value(v);
  if (!json_is_number(v) || s <= 0 || s > 7e9)
    return err_set(c->e, ERR_PARAMETER,
                   "%s must be a time: seconds since 1970, UTC.", member);
  *out_us = (int64_t)(s * (double)US_PER_S);
  return 0;
}

static int query_read(struct call *c, struct search_query *q)
{
  const struct secret_place *before;
  struct secret_place place = {0};
  int64_t max;
  int rc;

  if ((rc = time_take(c, "Since", &q->since_us)) != 0 ||
      (rc = time_take(c, "Until", &q->until_us)) != 0 ||
      (rc = call_str(c, "User", false, 1, 2048, &q->user)) != 0 ||
      (rc = call_str(c, "Action", false, 1, 128, &q->action)) != 0 ||
      (rc = call_str(c, "Secret", false, 1, 2048, &q->secret)) != 0 ||
      (rc = call_str(c, "Error", false, 1, 128, &q->error)) != 0 ||
      (rc = call_str(c, "SourceIp", false, 1, 128, &q->source)) != 0 ||
      (rc = call_int(c, "MaxResults", 50, 1, EVENTS_MOST, &max)) != 0 ||
      (rc = page_after(c, &place, &before)) != 0)
    return rc;
  q->before = place.id;
  q->limit = (size_t)max;
  q->bytes = LOOKED_BYTES;
  q->folder = audit_folder(c->api->audit);
  return 0;
}

int op_search_audit(struct call *c)
{
  struct search_query q = {0};
  struct secret_place place = {0};
  int rc = query_read(c, &q);

  if (rc != 0)
    return rc;
  buf_puts(c->out, "{\"Events\":[");
  rc = search_run(&q, put_event, c->out, &place.id, c->e);
  buf_putc(c->out, ']');
  if (rc == 0 && place.id != 0)
    rc = page_put_next(c, &place);
  buf_putc(c->out, '}');
  return rc;
}

/* ---- VerifyAudit --------------------------------------------------------- */

struct told {
  struct buf *out;
  size_t n;
};

static void put_finding(void *ctx, const struct verify_finding *finding)
{
  struct told *t = ctx;

  if (t->n++ >= FINDINGS_MOST)
    return;
  buf_puts(t->out, t->n > 1 ? ",{" : "{");
  buf_json_str(t->out, "File", finding->file);
  if (finding->line > 0)
    buf_json_int(t->out, "Line", finding->line);
  buf_json_str(t->out, "Text", finding->text);
  buf_putc(t->out, '}');
}

int op_verify_audit(struct call *c)
{
  struct told told = {.out = c->out};
  struct verify_result r;
  int rc;

  buf_puts(c->out, "{\"Findings\":[");
  rc = audit_verify(c->api->audit, put_finding, &told, &r, c->e);
  if (rc != 0)
    return rc;
  buf_putc(c->out, ']');
  buf_json_bool(c->out, "Whole", r.findings == 0);
  buf_json_int(c->out, "Found", r.findings);
  buf_json_str(c->out, "Folder", audit_folder(c->api->audit));
  buf_json_int(c->out, "Files", r.files);
  buf_json_int(c->out, "Records", r.lines);
  buf_json_int(c->out, "Digests", r.digests);
  buf_json_int(c->out, "Unfinished", r.torn);
  buf_json_int(c->out, "FirstSequence", r.first);
  buf_json_int(c->out, "LastSequence", r.last);
  buf_json_int(c->out, "ProvenSequence", r.proven);
  buf_putc(c->out, '}');
  return 0;
}
