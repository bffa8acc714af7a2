/* The members, in CloudTrail's order.  requestParameters, responseElements
 * and additionalEventData hold what the caller named, nothing else.
 */
#include "event/record.h"

#include <string.h>

#include "calendar/civil.h"

#define INTERNAL "secretsmanager.amazonaws.com"

/* ---- texts -----------------------------------------------------------------
 */

/* The length of the UTF-8 sequence at s, or 0. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
  size_t n = s[0] < 0x80   ? 1
             : s[0] < 0xc2 ? 0
             : s[0] < 0xe0 ? 2
             : s[0] < 0xf0 ? 3
             : s[0] < 0xf5 ? 4
                           : 0;

  if (n == 0 || n > left)
    return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
      (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return n;
}

static bool is_plain(unsigned char c)
{
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* How many bytes from s on are plain.  Eight at a time: a high bit is left
 * where one of them is not. */
static size_t plain_len(const unsigned char *s, size_t len)
{
  const uint64_t ones = UINT64_MAX / 255, highs = ones << 7;
  size_t i = 0;

  for (uint64_t w; len - i >= sizeof w; i += sizeof w) {
    uint64_t quote, slash, del;

    memcpy(&w, s + i, sizeof w);
    quote = w ^ (ones * '"');
    slash = w ^ (ones * '\\');
    del = w ^ (ones * 0x7f);
    if (((w | (w - ones * 0x20) | (quote - ones) | (slash - ones) |
          (del - ones)) &
         highs) != 0)
      break;
  }
  while (i < len && is_plain(s[i]))
    i++;
  return i;
}

static void escape(struct buf *b, unsigned char c)
{
  static const char digits[] = "0123456789abcdef";
  const char text[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

  if (c == '"' || c == '\\') {
    buf_putc(b, '\\');
    buf_putc(b, (char)c);
  } else {
    buf_put(b, text, sizeof text);
  }
}

/* A JSON string of at most AUDIT_TEXT_MAX bytes; false: it was cut. */
static bool put_text(struct buf *b, const char *text)
{
  const unsigned char *s = (const unsigned char *)text;
  size_t len = strnlen(text, AUDIT_TEXT_MAX + 1);
  bool is_whole = len <= AUDIT_TEXT_MAX;
  size_t i = 0, n;

  buf_putc(b, '"');
  len = is_whole ? len : AUDIT_TEXT_MAX;
  while (i < len) {
    size_t plain = plain_len(s + i, len - i);

    buf_put(b, text + i, plain);
    i += plain;
    if (i == len)
      break;
    n = utf8_len(s + i, len - i);
    if (n > 1)
      buf_put(b, text + i, n);
    else if (n == 1)
      escape(b, s[i]);
    else
      buf_puts(b, "\xef\xbf\xbd"); /* U+FFFD */
    i += n == 0 ? 1 : n;
  }
  buf_putc(b, '"');
  return is_whole;
}

/* A line as it is written. */
struct line {
  struct buf *b;
  bool is_cut;
};

/* `head` is what stands before the text: `,"name":`. */
static void text(struct line *l, const char *head, const char *value)
{
  if (value == NULL)
    return;
  buf_puts(l->b, head);
  if (!put_text(l->b, value))
    l->is_cut = true;
}

static void two_digits(char *to, int n)
{
  to[0] = (char)('0' + n / 10);
  to[1] = (char)('0' + n % 10);
}

/* "2026-11-24T03:00:00Z", as CloudTrail has it. */
static void time_put(struct line *l, const char *head, int64_t time_us)
{
  int64_t s = floor_div(time_us, SECOND_US), day = floor_div(s, DAY_S);
  int in_day = (int)(s - day * DAY_S);
  char to[] = "\"0000-00-00T00:00:00Z\"";
  struct civil c;

  civil_from_day(day, &c);
  two_digits(to + 1, c.year / 100 % 100);
  two_digits(to + 3, c.year % 100);
  two_digits(to + 6, c.month);
  two_digits(to + 9, c.day);
  two_digits(to + 12, in_day / 3600);
  two_digits(to + 15, in_day / 60 % 60);
  two_digits(to + 18, in_day % 60);
  buf_puts(l->b, head);
  buf_put(l->b, to, sizeof to - 1);
}

/* ---- members ---------------------------------------------------------------
 */

static void param(struct line *l, const struct audit_param *p)
{
  buf_json_key(l->b, p->name);
  if (p->texts != NULL) {
    size_t n = p->n_texts < AUDIT_LIST_MAX ? p->n_texts : AUDIT_LIST_MAX;

    l->is_cut = l->is_cut || n < p->n_texts;
    buf_putc(l->b, '[');
    for (size_t i = 0; i < n; i++)
      text(l, i > 0 ? "," : "", p->texts[i]);
    buf_putc(l->b, ']');
  } else if (p->text != NULL) {
    text(l, "", p->text);
  } else if (p->is_number) {
    buf_printf(l->b, "%lld", (long long)p->number);
  } else if (p->is_bool) {
    buf_puts(l->b, p->boolean ? "true" : "false");
  } else {
    buf_puts(l->b, "null");
  }
}

static void params(struct line *l, const char *head,
                   const struct audit_param *p, size_t n)
{
  buf_puts(l->b, head);
  if (n == 0) {
    buf_puts(l->b, "null");
    return;
  }
  buf_putc(l->b, '{');
  for (size_t i = 0; i < n; i++)
    param(l, &p[i]);
  buf_putc(l->b, '}');
}

static void session(struct line *l, const struct audit_request *r)
{
  if (r->role_arn == NULL)
    return;
  buf_puts(l->b, ",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\"");
  text(l, ",\"principalId\":", r->role_id);
  text(l, ",\"arn\":", r->role_arn);
  text(l, ",\"accountId\":", r->account);
  text(l, ",\"userName\":", r->role_name);
  buf_puts(l->b, "},\"attributes\":{");
  if (r->session_us != 0)
    time_put(l, "\"creationDate\":", r->session_us);
  buf_puts(l->b, r->session_us != 0 ? "," : "");
  buf_puts(l->b, "\"mfaAuthenticated\":\"false\"}}");
}

static void identity(struct line *l, const struct audit_request *r)
{
  text(l, "\"userIdentity\":{\"type\":",
       r->identity_type == NULL ? "Unknown" : r->identity_type);
  text(l, ",\"principalId\":", r->principal_id);
  text(l, ",\"arn\":", r->principal_arn);
  text(l, ",\"accountId\":", r->account);
  text(l, ",\"accessKeyId\":", r->access_key_id);
  text(l, ",\"userName\":", r->user_name);
  session(l, r);
  buf_putc(l->b, '}');
}

static void response(struct line *l, const struct audit_request *r)
{
  if (r->read_only || r->error_code != NULL || r->response_arn == NULL) {
    buf_puts(l->b, ",\"responseElements\":null");
    return;
  }
  text(l, ",\"responseElements\":{\"arn\":", r->response_arn);
  text(l, ",\"name\":", r->response_name);
  text(l, ",\"versionId\":", r->response_version_id);
  buf_putc(l->b, '}');
}

static void resources(struct line *l, const char *account, const char *arn)
{
  if (arn == NULL)
    return;
  buf_puts(l->b, ",\"resources\":[{");
  text(l, "\"accountId\":", account);
  buf_puts(l->b, ",\"type\":\"AWS::SecretsManager::Secret\"");
  text(l, ",\"ARN\":", arn);
  buf_puts(l->b, "}]");
}

static void tls(struct line *l, const struct audit_request *r)
{
  if (r->tls_version == NULL)
    return;
  text(l, ",\"tlsDetails\":{\"tlsVersion\":", r->tls_version);
  text(l, ",\"cipherSuite\":", r->cipher);
  text(l, ",\"clientProvidedHostHeader\":", r->host);
  buf_putc(l->b, '}');
}

static void omitted(struct line *l)
{
  if (l->is_cut)
    buf_puts(l->b, ",\"omitted\":true");
}

void record_request(struct buf *line, const struct audit_request *r,
                    const char *account)
{
  struct line l = {.b = line};

  buf_puts(line, "{\"eventVersion\":\"1.11\",");
  identity(&l, r);
  time_put(&l, ",\"eventTime\":", r->time_us);
  text(&l, ",\"eventSource\":", r->event_source);
  text(&l, ",\"eventName\":", r->event_name);
  text(&l, ",\"awsRegion\":", r->region);
  text(&l, ",\"sourceIPAddress\":", r->source_address);
  text(&l, ",\"userAgent\":", r->user_agent);
  text(&l, ",\"errorCode\":", r->error_code);
  text(&l, ",\"errorMessage\":", r->error_message);
  params(&l, ",\"requestParameters\":", r->params, r->n_params);
  response(&l, r);
  text(&l, ",\"requestID\":", r->request_id);
  text(&l, ",\"eventID\":", r->event_id);
  buf_puts(line, r->read_only ? ",\"readOnly\":true" : ",\"readOnly\":false");
  resources(&l, account, r->resource_arn);
  buf_puts(line, ",\"eventType\":\"AwsApiCall\",\"managementEvent\":true");
  text(&l, ",\"recipientAccountId\":", account);
  text(&l, ",\"vpcEndpointId\":", r->vpc_endpoint);
  buf_puts(line, ",\"eventCategory\":\"Management\"");
  tls(&l, r);
  omitted(&l);
}

void record_event(struct buf *line, const struct audit_event *ev,
                  const char *region, const char *account)
{
  struct line l = {.b = line};

  buf_puts(line, "{\"eventVersion\":\"1.11\",\"userIdentity\":{");
  text(&l, "\"accountId\":", account);
  buf_puts(line, ",\"invokedBy\":\"" INTERNAL "\"}");
  time_put(&l, ",\"eventTime\":", ev->time_us);
  buf_puts(line, ",\"eventSource\":\"" INTERNAL "\"");
  text(&l, ",\"eventName\":", ev->event_name);
  text(&l, ",\"awsRegion\":", region);
  buf_puts(line, ",\"sourceIPAddress\":\"" INTERNAL
                 "\",\"userAgent\":\"" INTERNAL "\"");
  text(&l, ",\"errorCode\":", ev->error_code);
  text(&l, ",\"errorMessage\":", ev->error_message);
  buf_puts(line, ",\"requestParameters\":null,\"responseElements\":null");
  params(&l, ",\"additionalEventData\":", ev->more, ev->n_more);
  text(&l, ",\"requestID\":", ev->request_id);
  text(&l, ",\"eventID\":", ev->event_id);
  buf_puts(line, ",\"readOnly\":false");
  resources(&l, account, ev->secret_arn);
  buf_puts(line, ",\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true");
  text(&l, ",\"recipientAccountId\":", account);
  buf_puts(line, ",\"eventCategory\":\"Management\"");
  omitted(&l);
}
