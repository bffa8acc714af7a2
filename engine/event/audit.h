/* The audit trail: one line of JSON in CloudTrail's event shape for each
 * thing that was asked or done, each line chained to the one before.
 *
 * The fields below are all there is: a value, a password or a key has no
 * place to go to.  Thread-safe.  When a function fails the line is not
 * written, and the caller must not give its answer.
 *
 * When a function returns 0 the line has been handed to the kernel: a crash
 * of keyturnd does not undo it.  It is on the disk within a second; a line
 * that changed something is on the disk before the function returns (several
 * at once share one sync), unless audit_options says otherwise.
 */
#ifndef EVENT_AUDIT_H
#define EVENT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/random.h"
#include "crypto/keyring.h"
#include "event/trail/verify.h"
#include "store/store.h"

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
 * borrowed for the call.  A text that is longer than AUDIT_TEXT_MAX is cut,
 * and the line says so ("omitted": true); what is no UTF-8 is replaced. */
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
  const char *host;                 /* the Host header, told with TLS */
  bool read_only;
  /* userIdentity */
  const char *identity_type; /* "Root", "IAMUser", "AssumedRole", "Unknown" */
  const char *principal_id, *principal_arn, *account, *access_key_id,
      *user_name;
  /* sessionContext, of an AssumedRole: the role behind it */
  const char *role_id, *role_arn, *role_name;
  int64_t session_us; /* when the session began; 0: none */
  /* What it was about */
  const struct audit_param *params;
  size_t n_params;
  const char *resource_arn;
  /* responseElements, told only of what changes */
  const char *response_arn, *response_name, *response_version_id;
  /* How it came out; NULL: well */
  const char *error_code, *error_message;
};

/* What Keyturn did by itself. */
struct audit_event {
  const char *event_id;
  const char *request_id; /* what ties it to others, or NULL */
  int64_t time_us;
  const char *event_name;         /* "RotationSucceeded" */
  const char *secret_arn;         /* NULL: about no secret */
  const struct audit_param *more; /* additionalEventData */
  size_t n_more;
  const char *error_code, *error_message; /* NULL: well */
};

#define AUDIT_TEXT_MAX   2048
#define AUDIT_LIST_MAX   100
#define AUDIT_FILE_BYTES ((int64_t)64 << 20)

/* All pointers: borrowed until audit_close. */
struct audit_options {
  const char *folder;  /* made when it is not there */
  struct store *store; /* keeps the signing key, sealed, and the anchor */
  struct keyring *keyring;
  struct clock *clock;
  struct random *random;
  int64_t file_bytes; /* a new file beyond this, and each day (UTC) */
  int64_t digest_us;  /* between signed digests */
  bool sync_changes;  /* a change waits until its line is on the disk */
};

/* Goes on where the trail ends.  What is found wrong there is logged, and
 * told in the trail.  *out: returned, freed by audit_close. */
int audit_open(const struct audit_options *o, struct audit **out,
               struct err *e);
/* Syncs and signs what is there. */
void audit_close(struct audit *a);

/* Before anything is done that is to be written down: is there room for the
 * line?  ERR_FULL: no, and less for changes than for reads. */
int audit_ready(struct audit *a, bool changes, struct err *e);

/* ERR_FULL, ERR_IO: the text names the file and says what to do. */
int audit_request(struct audit *a, const struct audit_request *r,
                  struct err *e);
/* Not waited for: see audit_sync. */
int audit_event(struct audit *a, const struct audit_event *ev, struct err *e);
/* The store may have events for the trail (RotationStarted …): the trail's own
 * thread takes them.  From any thread; cheap. */
void audit_wake(struct audit *a);
/* Returns when everything that was written before the call is on the disk. */
int audit_sync(struct audit *a, struct err *e);

struct audit_stats {
  int64_t sequence; /* of the last line */
  int64_t synced;   /* on the disk up to here */
  int64_t digests;
  uint64_t records, failures; /* since the start */
  bool is_failing;            /* the last line could not be written */
};
void audit_stats(struct audit *a, struct audit_stats *out);

/* The service events that were written since the start, by name. */
struct audit_told {
  const char *name; /* static */
  uint64_t n;
};
#define AUDIT_TOLD_MAX 16
/* Returns how many there are. */
size_t audit_told(struct audit *a, struct audit_told out[AUDIT_TOLD_MAX]);

/* The whole trail as it is now, against its digests and what the store knows
 * of its end.  From any thread; takes as long as the trail is long. */
int audit_verify(struct audit *a, verify_tell *tell, void *ctx,
                 struct verify_result *out, struct err *e);
/* For event/search.h; borrowed until audit_close. */
const char *audit_folder(const struct audit *a);

#endif
