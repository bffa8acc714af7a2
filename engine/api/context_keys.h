/* Private to context.c and context_request.c: how the values of a key are
 * made. */
#ifndef API_CONTEXT_KEYS_H
#define API_CONTEXT_KEYS_H

#include "api/context.h"

struct key;
/* 1: it is there, *out set; 0: it is not; negative with *e.  `rest`: what
 * follows a prefix. */
typedef int key_fn(struct context *x, const struct key *k, const char *rest,
                   struct policy_values *out, struct err *e);

/* One of text and fn is set. */
struct key {
  const char *name; /* ends with "/": a prefix */
  /* A single value, or NULL (and "") for none. */
  const char *(*text)(const struct context *x);
  key_fn *fn;
  const char *member; /* of the request */
  const char *ops;    /* " A B ": the operations that have it; NULL: all */
};

/* All give 1, or negative when there is no room. */
int context_add(struct context *x, const char *value, struct policy_values *out,
                struct err *e);
int context_add_text(struct context *x, struct policy_values *out,
                     struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A scalar as policies compare it; 0 for anything else. */
int context_add_json(struct context *x, const json_t *v,
                     struct policy_values *out, struct err *e);

/* Of members of the request: context_request.c. */
key_fn key_member, key_flag, key_rotate_immediately, key_is_given,
    key_version_stage, key_replica_regions, key_request_tag, key_tag_keys;

#endif
