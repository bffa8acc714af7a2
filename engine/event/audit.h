/* The audit trail: one line of JSON in CloudTrail's event shape for each
 * thing that was asked or done, each line chained to the one before.
 *
 * The fields below are all there is: a value, a password or a key has no
 * place to go to.  Thread-safe.  When a function fails the line is not
 * written, and the caller must not give its answer.
 */
#ifndef EVENT_AUDIT_H
#define EVENT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct audit;

/* A request parameter that may be told.  The caller names each one that may
 * (api's table of members); there is no way to hand over a whole request. */
struct audit_param {
  const char *name;         /* "secretId", as CloudTrail spells it */
  const char *text;         /* a string, or NULL */
  const char *const *texts; /* a list of strings, or NULL */
  size_t n_texts;
  int64_t number; /* when is_number */
  bool is_number, is_bool, boolean;
};

/* One request, allowed or refused.  Texts that are NULL are left out; all
 * borrowed for the call. */
struct audit_request {
  const char *event_id;   /* a UUID */
  const char *request_id; /* a UUID */
  int64_t time_us;
  const char *event_source; /* "secretsmanager.amazonaws.com" */
  const char *event_name;   /* "GetSecretValue" */
  const char *region;
  const char *source_address; /* or "AWS Internal"'s place: "unix:uid=0" */
  const char *user_agent;
  const char *vpc_endpoint;
  const char *tls_version, *cipher; /* NULL: plain */
  bool read_only;
  /* userIdentity */
  const char *identity_type; /* "Root", "IAMUser", "AssumedRole", "Unknown" */
  const char *principal_id, *principal_arn, *account, *access_key_id,
      *user_name;
  /* What it was about */
  const struct audit_param *params;
  size_t n_params;
  const char *resource_arn;
  const char *response_arn, *response_version_id; /* responseElements */
  /* How it came out; NULL: well */
  const char *error_code, *error_message;
};

int audit_request(struct audit *a, const struct audit_request *r,
                  struct err *e);

#endif
