/* keyturn/rotator.h - what a rotator plugin and its host say to each other.
 * See keyturn-rotator(3) and sdk/README.md.  Alone: strict C11, and C++17.
 *
 * A plugin is a shared object that exports kt_module() (KT_MODULE below
 * makes it).  keyturn-rotator, a child process of keyturnd, loads it and calls
 * its steps: create_secret, set_secret, test_secret, finish_secret, the steps
 * of an AWS Secrets Manager rotation function, and optional ones.
 *
 * Steps share nothing but the secret's versions: each may run in another
 * process, and again after a crash with the same version_id.  A step that
 * finds its work already done returns KT_OK.  The engine, not the plugin,
 * moves AWSCURRENT, once test_secret has passed.
 *
 * Threads: a step runs on one thread of the host from its call to its return,
 * and may call the host only from that thread.  Steps of different secrets
 * run at once, unless KT_SERIAL asks for one at a time.
 */
#ifndef KEYTURN_ROTATOR_H
#define KEYTURN_ROTATOR_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define KT_ABI          1 /* grows only when an old plugin could not run any more */
#define KT_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* What a step or a host call found.  The class decides what the engine does
 * next; an unlisted value counts as KT_AMBIGUOUS. */
enum kt_class {
  KT_OK = 0,
  KT_UNREACHABLE = 1,     /* no connection: back off and retry */
  KT_BUSY = 2,            /* connected, but not now: back off and retry */
  KT_AUTH = 3,            /* credential refused; only this tries the next one */
  KT_LOCKED = 4,          /* account locked: stop, retries feed the lockout */
  KT_POLICY = 5,          /* target dislikes the value: draw a new one */
  KT_MISSING = 6,         /* no such account, stage, field or saved note */
  KT_DENIED = 7,          /* a right is lacking, or this step may not ask */
  KT_CONFIG = 8,          /* a person must change something */
  KT_AMBIGUOUS = 9,       /* may have taken effect: the engine will test */
  KT_REAUTH_REQUIRED = 10 /* the grant is gone: a person must consent again */
};
enum kt_source {
  KT_SECRET = 0, /* the secret being rotated */
  KT_ADMIN = 1,  /* the secret that its "masterarn" names; AWSCURRENT only */
  KT_OPTIONS = 2 /* the rotation's options; stage is ignored */
};
enum kt_level { KT_DEBUG = 0, KT_INFO = 1, KT_WARN = 2 };
enum kt_flag {
  KT_SERIAL = 1, /* not thread-safe: one step at a time in a process */
  KT_OVERLAP = 2 /* the old value works until retire_secret: no gap */
};

struct kt_host;

/* One call of one step; the host's, good until the step returns. */
struct kt_step {
  size_t size; /* of this struct in the running host */
  const struct kt_host *host;
  const char *secret_arn;
  const char *version_id; /* of the pending version: an idempotency key */
  const char *stage;      /* what test_secret tests; else "AWSPENDING" */
  uint32_t attempt;       /* of this step: 1 at first */
  uint32_t maybe_set;     /* 1: an earlier set_secret may have taken effect, so
                           * try the pending value first.  0: it cannot have;
                           * do not try it (failed logins lock accounts) */
};

/* A top-level string member of the secret's JSON. */
struct kt_field {
  const char *name, *value;
};

/* What the engine does for a plugin; `size` first, new members at the end.
 *
 * Memory: what an out pointer receives is the host's, NUL-terminated, locked,
 * good until the step returns, then zeroed: never free or keep it.  Arguments
 * are copied before a call returns.  All texts are UTF-8.
 * Stages: "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"; NULL is AWSCURRENT.
 * Every call returns enum kt_class, KT_DENIED in a step that may not make it.
 */
struct kt_host {
  size_t size; /* of this struct in the running host: see KT_HOST_HAS */
  int (*get_value)(struct kt_step *, enum kt_source, const char *stage,
                   const void **out_data, size_t *out_len);
  /* One top-level member: a string as it is, another type as JSON text.
   * KT_MISSING: no such source, stage or member. */
  int (*get_field)(struct kt_step *, enum kt_source, const char *stage,
                   const char *name, const char **out_value);
  /* create_secret only; durable once KT_OK.  A pending value that is there
   * already is kept, and that is KT_OK too: read it back to know. */
  int (*put_pending)(struct kt_step *, const void *data, size_t len);
  /* The same: AWSCURRENT's JSON with these members replaced or added. */
  int (*put_pending_fields)(struct kt_step *, const struct kt_field *fields,
                            size_t n_fields);
  /* Call just before the first statement that may change the target;
   * journaled once KT_OK.  From here on a crash is ambiguous.  On any other
   * answer leave the target alone and return it. */
  int (*mutating)(struct kt_step *);
  /* A random password as AWS's GetRandomPassword makes it, drawn by the
   * members of the options' "password" object (PasswordLength,
   * ExcludeCharacters, …); `exclude` (or NULL) adds to ExcludeCharacters. */
  int (*random_password)(struct kt_step *, const char *exclude,
                         const char **out_password);
  /* A note of this rotation: encrypted, durable once KT_OK, replaced by the
   * next save, gone when the rotation ends.  saved: KT_MISSING if none. */
  int (*save)(struct kt_step *, const void *data, size_t len);
  int (*saved)(struct kt_step *, const void **out_data, size_t *out_len);
  /* The new value wants its next rotation no later than this, in seconds from
   * now (OAuth's expires_in).  create_secret or finish_secret. */
  int (*due_in)(struct kt_step *, int64_t seconds);
  /* Zeroed memory until the step returns, zeroed again then; NULL: none. */
  void *(*scratch)(struct kt_step *, size_t size);
  int64_t (*now_ms)(struct kt_step *);  /* since 1970 UTC; tests move it */
  int64_t (*mono_ms)(struct kt_step *); /* monotonic */
  /* Time left in ms, 0 once late or cancelled.  Bound every wait by it: soon
   * after the deadline the whole host process is killed. */
  int64_t (*remaining_ms)(struct kt_step *);
  /* Why the step fails; the last call counts.  `code` is a stable word for
   * alerts, such as "role-missing".  Say what to do about it.  Values that
   * this step got or made are redacted here and in log. */
  void (*error)(struct kt_step *, const char *code, const char *fmt, ...)
      KT_PRINTF(3, 4);
  /* In check, KT_INFO and KT_WARN lines are shown to the person who asked. */
  void (*log)(struct kt_step *, enum kt_level, const char *fmt, ...)
      KT_PRINTF(3, 4);
};
/* Is this member of struct kt_host there in the host that runs us? */
#define KT_HOST_HAS(step, member) \
  (offsetof(struct kt_host, member) < (step)->host->size)

typedef int kt_step_fn(struct kt_step *);

/* One rotator; define it static const, by designated members. */
struct kt_rotator {
  size_t size;      /* sizeof(struct kt_rotator) of the plugin's build */
  const char *name; /* [a-z0-9-]{1,64}, unique in a host */
  const char *version, *summary; /* summary: one line */
  /* JSON Schema of the secret's value and of the options (NULL: only
   * "password").  Members marked "writeOnly" are secret. */
  const char *secret_schema, *options_schema;
  uint32_t flags;   /* enum kt_flag */
  uint32_t grace_s; /* default wait between finish and retire_secret */
  /* The four steps.  finish_secret may be NULL. */
  kt_step_fn *create_secret; /* makes the pending value, stores it once */
  kt_step_fn *set_secret;    /* makes the target take the pending value */
  kt_step_fn *test_secret;   /* does the target take step->stage's value?
                              * KT_AUTH: no.  Changes nothing */
  kt_step_fn *finish_secret; /* a last word before AWSCURRENT moves */
  /* Optional.  check: ready to rotate?  Changes nothing.  revert_secret: make
   * the target take AWSCURRENT's value again.  retire_secret: end AWSPREVIOUS's
   * value; KT_BUSY while sessions still use it. */
  kt_step_fn *check, *revert_secret, *retire_secret;
};

/* What a loader reads before it trusts anything; frozen for ever. */
struct kt_module {
  uint32_t abi; /* KT_ABI of the plugin's build */
  uint32_t n_rotators;
  const struct kt_rotator *const *rotators;
};

#define KT_MODULE(...)                                                       \
  static const struct kt_rotator *const kt_rotators_[] = {__VA_ARGS__};      \
  __attribute__((visibility("default"))) const struct kt_module *kt_module(  \
      void);                                                                 \
  const struct kt_module *kt_module(void)                                    \
  {                                                                          \
    static const struct kt_module module = {                                 \
        KT_ABI, sizeof kt_rotators_ / sizeof kt_rotators_[0], kt_rotators_}; \
    return &module;                                                          \
  }

#ifdef __cplusplus
}
#endif
#endif
