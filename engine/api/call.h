/* One API call on its way through an operation: who, what, and the reply
 * being written; and how operations read their input.
 *
 * An operation returns 0 with a JSON object in call->out, or a negative
 * enum err_code with call->e set; target.c turns either into HTTP.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/target.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"
#include "store/store.h"

struct op;     /* api/ops.h */
struct caller; /* api/authenticate.h */

/* Made by target.c, which resolves what SecretId names before anybody is
 * asked whether he may. */
struct call {
  const struct api *api;
  const char *region; /* that the request is made to; borrowed from api */
  const struct op *op;
  const struct http_request *http;
  const char *request_id;
  const struct caller *caller; /* api/authenticate.h */
  const json_t *in;            /* always an object */
  struct buf *out;             /* secret; the operation writes one object */
  struct err *e;
  int64_t now_us;

  char resource[STORE_ARN_MAX]; /* what is asked about: an ARN, or "*" */
  const char *spelled;          /* as the request names it, or NULL */
  bool has_secret;              /* it is there: */
  /* The last member: large, and only written where has_secret is set. */
  struct secret_row secret;
};

/* A string member.  Absent: *out is NULL, or ERR_VALIDATION when required.
 * Wrong type: ERR_SERIALIZATION.  Longer than max or shorter than min bytes:
 * ERR_VALIDATION.  *out: borrowed from call->in. */
int call_str(struct call *c, const char *member, bool required, size_t min,
             size_t max, const char **out);
int call_bool(struct call *c, const char *member, bool fallback, bool *out);
/* ERR_PARAMETER when outside [min, max]. */
int call_int(struct call *c, const char *member, int64_t fallback, int64_t min,
             int64_t max, int64_t *out);

/* The secret that SecretId names; live: not scheduled for deletion.  A replica
 * is for operations that only read. */
int call_secret(struct call *c, bool live, struct secret_row *out);
/* The same without a copy, which is large: borrowed from the call. */
int call_secret_row(struct call *c, bool live, const struct secret_row **out);
/* SecretString or SecretBinary, decoded, of a validated request.  Both:
 * ERR_PARAMETER.  Neither: out->data is NULL.  *out: returned,
 * secret_release. */
int call_value(struct call *c, struct secret *out, bool *out_binary);

/* The key that a KmsKeyId names (secret/key.h). */
int call_key(struct call *c, const char *spelled,
             char out_id[UUID_TEXT_LEN + 1]);

/* {"ARN": …, "Name": … — left open for more members. */
void call_begin(struct call *c, const struct secret_row *row);

#endif
