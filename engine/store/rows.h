/* The rows that the store hands in and out.
 *
 * Texts are in fixed arrays, so that a row is one block that anyone may copy;
 * the sizes are the limits of the service model (plus the NUL).  Only
 * version_row owns memory (its sealed value).
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_NAME_MAX            513
#define STORE_ARN_MAX             640
#define STORE_TEXT_MAX            2049
#define STORE_WORDS_MAX           8193 /* 2,048 characters, four bytes each */
#define STORE_TYPE_MAX            1025
#define STORE_ID_MAX              65 /* version ids, tokens: 32-64 characters */
#define STORE_LABEL_MAX           257
#define STORE_LABELS              20
#define STORE_TAGS                50
#define STORE_KEYS_MAX            256
#define STORE_VERSIONS            100 /* more are pruned, a day after they came */
#define STORE_VERSIONS_MAX        1000 /* whatever their age */
#define STORE_MESSAGE_MAX         1024
#define STORE_OWNER_MAX           64
#define STORE_REGION_MAX          33
#define STORE_REPLICAS            32 /* of one secret */
#define STORE_REPLICA_MESSAGE_MAX 257
#define STORE_PAGE                100   /* secrets that are read together */
#define STORE_POLICY_MAX          20480 /* bytes of a resource policy */

/* The one phase of a job that the store must know: everything is done but the
 * old value's end.  Equal to PHASE_RETIRE of rotation/machine.h, which asserts
 * it. */
#define STORE_PHASE_RETIRE 6

struct meta_row {
  char store_id[37]; /* UUID */
  char region[33], account[13];
  int64_t created_us;
  int64_t schema_version;
  unsigned char key_check[64]; /* proves that a root key is this store's */
  size_t key_check_len;
};

struct kms_key_row {
  char key_id[37]; /* UUID */
  char alias[257]; /* "alias/NAME"; "" for none */
  char description[STORE_TEXT_MAX];
  unsigned char wrapped[128];
  size_t wrapped_len;
  int64_t created_us;
};

struct tag {
  char key[513], value[1025]; /* 128 and 256 characters */
};

/* A replica comes as a row of its own region; its id is its primary's, whose
 * versions, labels, tags and rules it shows.  region is what the ARN says. */
struct secret_row {
  int64_t id;
  int64_t replica_id; /* the replica's own; 0: no replica */
  char arn[STORE_ARN_MAX], name[STORE_NAME_MAX];
  char region[STORE_REGION_MAX];
  char primary_region[STORE_REGION_MAX]; /* of a replica; else "" */
  char description[STORE_WORDS_MAX];
  char kms_key_id[STORE_TEXT_MAX]; /* as it was given; "": the default key */
  char key_id[37];                 /* which key that is; "": the default key */
  char type[STORE_TYPE_MAX];       /* of a managed external secret, else "" */
  int64_t created_us, changed_us, accessed_us, rotated_us;
  int64_t deleted_us, purge_us; /* 0 while it is not deleted */
  bool tagged;                  /* ever: then Tags is [] when empty */
  int64_t replicas;             /* regions it is replicated to, or should be */
  int64_t policy_id;            /* of its resource policy; 0: it has none */
};

/* Where a secret is replicated to, or should be. */
struct replica_row {
  char region[STORE_REGION_MAX];
  char kms_key_id[STORE_TEXT_MAX];         /* "" for the default key */
  char message[STORE_REPLICA_MESSAGE_MAX]; /* why it is not there; "": it is */
  int64_t accessed_us;                     /* in that region */
};

/* One that is asked for. */
struct replica_put {
  const char *region, *arn;
  const char *kms_key_id, *key_id; /* as in secret_row */
  bool overwrites;                 /* another secret of the same name */
};

enum secret_sort {
  SECRET_BY_CREATED,
  SECRET_BY_ACCESSED,
  SECRET_BY_CHANGED,
  SECRET_BY_NAME
};

/* Which secrets a list has, and in which order. */
struct secret_order {
  const char *region;
  enum secret_sort by;
  bool descending, with_deleted;
};

/* Where in an order a secret stands: what a list goes on from, whether or not
 * the secret is still there. */
struct secret_place {
  int64_t key, id; /* key: the time that is sorted by */
  char name[STORE_NAME_MAX];
};

/* What belongs to the secrets of a page: of each, one or more. */
struct tag_row {
  int64_t secret_id;
  struct tag tag;
};
struct stage_row {
  int64_t secret_id;
  char version_id[STORE_ID_MAX], label[STORE_LABEL_MAX];
};

/* What UpdateSecret changes; NULL leaves a text as it is. */
struct secret_update {
  const char *description, *kms_key_id, *key_id, *type;
  const struct version_rekey *rekeys; /* borrowed */
  size_t n_rekeys;
};

/* A version's value under another KMS key: in the place of `sealed`, if that
 * is still what is there. */
struct version_rekey {
  char version_id[STORE_ID_MAX];
  char key_id[37];               /* the new one */
  const void *sealed, *resealed; /* borrowed */
  size_t sealed_len, resealed_len;
};

/* How a managed external secret is rotated. */
struct external_row {
  char role_arn[STORE_WORDS_MAX]; /* "" for none */
  unsigned char *metadata;        /* a JSON array, "" for none; owned: free() */
};

struct version_put {
  const char *version_id; /* NULL: no version */
  bool is_binary;
  const void *sealed; /* borrowed */
  size_t sealed_len;
  const char *key_id;        /* of the KMS key that sealed it */
  const char *const *labels; /* borrowed */
  size_t n_labels;
};

struct version_row {
  char version_id[STORE_ID_MAX];
  int64_t created_us, accessed_us;
  bool is_binary, has_value;
  char key_id[37];
  unsigned char *sealed; /* owned: version_row_release; NULL in lists */
  size_t sealed_len;
  char labels[STORE_LABELS][STORE_LABEL_MAX];
  size_t n_labels;
};

/* RotationRules and our extensions.  Either days or expression is set, or
 * neither: manual only. */
struct rules_row {
  bool enabled, paused;
  char rotator[65]; /* the name behind the Lambda ARN */
  char rotator_arn[256];
  int64_t days;
  char expression[257], duration[16], zone[65];
  char blackouts[2049]; /* JSON array, "" for none */
  char options[4097];   /* JSON object for the plugin, "" for {} */
  int64_t jitter_s;     /* spread over this much of the window */
  int64_t grace_s;      /* before retire; -1: the rotator's default */
  int64_t anchor_us;    /* what days are counted from */
  int64_t next_due_us, window_end_us; /* 0: not scheduled */
};

struct secret_rules {
  int64_t secret_id;
  struct rules_row rules;
};

enum job_kind {
  JOB_SCHEDULED = 0,
  JOB_MANUAL = 1,
  JOB_TEST = 2,  /* RotateImmediately=false: testSecret only */
  JOB_CHECK = 3, /* the plugin's check; has no version */
};
enum job_outcome {
  JOB_ACTIVE = 0,
  JOB_SUCCEEDED = 1,
  JOB_FAILED = 2,    /* the target has the old value, nothing to mend */
  JOB_STUCK = 3,     /* both values kept; a person must look */
  JOB_ABORTED = 4,   /* asked for, and undone */
  JOB_SUPERSEDED = 5 /* a newer rotation made its retire needless */
};
enum job_cancel { CANCEL_NONE = 0, CANCEL_ABORT = 1 };

struct job_row {
  int64_t id, secret_id;
  char version_id[STORE_ID_MAX]; /* the ClientRequestToken */
  char current_id[STORE_ID_MAX]; /* AWSCURRENT when it started; "" if none */
  char rotator[65];
  enum job_kind kind;
  enum job_outcome outcome;
  enum job_cancel cancel;
  int64_t phase; /* enum phase of rotation/machine.h */
  int64_t flags; /* its flags: SET_STARTED … */
  int64_t attempt, redraws;
  int64_t created_us, started_us, ended_us;
  int64_t wake_us; /* when the engine looks at it again */
  int64_t window_end_us;
  int64_t due_in_s; /* what the plugin asked for; 0: nothing */
  char owner[STORE_OWNER_MAX];
  int64_t fence, lease_until_us;
  int64_t last_class; /* enum kt_class of the last attempt */
  char last_step[17], last_code[65], last_message[STORE_MESSAGE_MAX];
};

/* One step attempt. */
struct attempt_row {
  int64_t id, job_id, secret_id;
  char step[17]; /* createSecret … as AWS spells them */
  int64_t attempt, started_us, duration_us;
  int64_t kt_class;
  char code[65], message[STORE_MESSAGE_MAX]; /* redacted already */
  char version_id[STORE_ID_MAX];
};

struct due_row {
  int64_t secret_id, due_us, window_end_us;
};

/* When a secret is due next, and until when it may start: what due_next()
 * gives.  Both 0: not scheduled. */
struct next_due {
  int64_t due_us, window_end_us;
};

/* What happened, for the sinks (audit, metrics, webhooks): written in the
 * transaction that made it so. */
struct event_row {
  int64_t id, secret_id, job_id, time_us;
  char type[33];
  char payload[4096]; /* a JSON object */
};

/* The audit trail, seen from the store: the key that signs its digests, and
 * what is known of its end. */
struct audit_row {
  unsigned char sealed_key[256];
  size_t sealed_len;
  int64_t sequence; /* of a line that is on the disk; 0: none yet */
  unsigned char hash[32];
  int64_t digests; /* how many were signed */
};

#define STORE_ACTION_MAX 80

/* Calls of a principal in a month (year * 100 + month, UTC). */
struct usage_row {
  int64_t month;
  char principal[STORE_ARN_MAX];
  char action[STORE_ACTION_MAX]; /* "secretsmanager:GetSecretValue" */
  int64_t calls;
};

/* What the secrets held in a month: the sum of their seconds. */
struct usage_held {
  int64_t month, secret_s;
};

/* Until when that is counted, and how many secrets there were then (those
 * that wait to be deleted cost nothing).  counted_us 0: never. */
struct usage_mark {
  int64_t counted_us, secrets;
};

/* One attempt at a step, as metrics count it. */
struct step_row {
  int64_t id;
  char rotator[65], step[17];
  int64_t kt_class, attempt, duration_us;
};

/* The rotations of one rotator.  0: never, or none is scheduled. */
struct rotator_row {
  char rotator[65];
  int64_t secrets;
  int64_t success_us; /* the last success of any */
  int64_t due_us;     /* the next of any */
  int64_t late_us;    /* from then on one of them is late */
};

/* `stuck` and `failed`: secrets whose last rotation came out so; `running`:
 * jobs that do more than wait to retire; `late`: due, and the window (or five
 * minutes, where there is none) is over. */
struct store_counts {
  int64_t secrets, deleted, scheduled, paused, running, stuck, failed, late;
  int64_t next_due_us; /* 0: nothing is scheduled */
};

#endif
