/* Status line, headers and the refusals of requests that are none.  The head
 * is put together without printf: every answer has one.
 */
#include "api/reply.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/secret.h"

static const char *status_text(int status)
{
  switch (status) {
  case 200:
    return "OK";
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 413:
    return "Payload Too Large";
  case 503:
    return "Service Unavailable";
  default:
    return status < 500 ? "Error" : "Internal Server Error";
  }
}

static void put_number(struct buf *out, size_t n)
{
  char digits[24];
  size_t at = sizeof digits;

  do {
    digits[--at] = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  buf_put(out, digits + at, sizeof digits - at);
}

/* `value` "": no header. */
static void put_header(struct buf *out, const char *name, const char *value)
{
  if (value[0] == '\0')
    return;
  buf_puts(out, name);
  buf_puts(out, ": ");
  buf_puts(out, value);
  buf_puts(out, "\r\n");
}

/* RFC 9110, 5.6.7; strftime would ask the locale. */
void reply_date_set(struct reply_date *d, int64_t now_us)
{
  static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
                                  "Thu", "Fri", "Sat"};
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t second = (time_t)(now_us / US_PER_S);
  struct tm tm;

  if (d->text[0] != '\0' && d->second == second)
    return;
  d->second = second;
  (void)gmtime_r(&second, &tm); /* fails beyond the year 2^31 */
  (void)snprintf(d->text, sizeof d->text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                 (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void reply_head(const struct http_reply *reply, const struct reply_date *date,
                bool closes, struct buf *out)
{
  buf_puts(out, "HTTP/1.1 ");
  put_number(out, (size_t)reply->status);
  buf_putc(out, ' ');
  buf_puts(out, status_text(reply->status));
  buf_puts(out, "\r\nServer: keyturn\r\nCache-Control: no-store\r\n"
                "Content-Length: ");
  put_number(out, reply->body.len);
  buf_puts(out, "\r\n");
  put_header(out, "Date", date->text);
  put_header(out, "Content-Type", reply->content_type);
  put_header(out, "x-amzn-RequestId", reply->request_id);
  put_header(out, "x-amzn-ErrorType", reply->error_type);
  put_header(out, "Connection", closes ? "close" : "");
  buf_puts(out, "\r\n");
}

static void refuse_in_words(struct http_reply *out, const char *text)
{
  *out = (struct http_reply){.status = 400, .content_type = "text/plain"};
  buf_init(&out->body, 256, true);
  buf_puts(&out->body, text);
}

void reply_refuse_bad(struct http_reply *out)
{
  refuse_in_words(out, "this is not an HTTP/1.1 request\n");
}

void reply_refuse_plain(struct http_reply *out)
{
  refuse_in_words(out, "this port speaks TLS: write https:// in the address "
                       "of the endpoint\n");
}

/* In the shape that clients of the API show to their users; without the end
 * of the message. */
static void refuse_in_json(struct http_reply *out, int status,
                           const char *error_type)
{
  *out = (struct http_reply){.status = status,
                             .content_type = "application/x-amz-json-1.1"};
  (void)snprintf(out->error_type, sizeof out->error_type, "%s",
                 error_type); /* it fits */
  buf_init(&out->body, 512, true);
  buf_printf(&out->body, "{\"__type\":\"%s\",\"Message\":\"", error_type);
}

/* Clients of AWS try again what failed with 503. */
void reply_refuse_busy(struct http_reply *out)
{
  refuse_in_json(out, 503, "ServiceUnavailable");
  buf_puts(&out->body, "Too many large requests arrive at once; try again.\"}");
}

void reply_refuse_large(bool in_body, struct http_reply *out)
{
  refuse_in_json(out, 413, "RequestEntityTooLargeException");
  if (in_body)
    buf_printf(&out->body,
               "The request is larger than %d bytes; a secret value has at "
               "most %d.\"}",
               HTTP_BODY_MAX, SECRET_VALUE_MAX);
  else
    buf_printf(&out->body,
               "The request has more than %d headers, or more than %d bytes of "
               "them.\"}",
               HTTP_HEADERS_MAX, HTTP_HEADER_BYTES_MAX);
}
