/* Policies and requests for the tests of engine/policy. */
#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "policy/policy.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define HERE   "111122223333"
#define THERE  "444455556666"
#define BOB    "arn:aws:iam::" HERE ":user/bob"
#define ALICE  "arn:aws:iam::" HERE ":user/alice"
#define ROLE   "arn:aws:iam::" HERE ":role/app"
#define WORK   "arn:aws:sts::" HERE ":assumed-role/app/work"
#define SECRET "arn:aws:secretsmanager:eu-west-1:" HERE ":secret:app/db-AbCdEf"
#define READ   "secretsmanager:GetSecretValue"

#define V2012(statements) \
  "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
/* Statements of one line: the rest of the object without its Effect. */
#define ALLOW(rest) "{\"Effect\":\"Allow\"," rest "}"
#define DENY(rest)  "{\"Effect\":\"Deny\"," rest "}"
#define ALL         "\"Action\":\"*\",\"Resource\":\"*\""

#define KEY_VALUES 8

struct key {
  const char *name;
  const char *values[KEY_VALUES]; /* up to the first NULL */
  bool fails;                     /* it cannot be said */
};

struct keys {
  const struct key *list;
  size_t n;
  unsigned asked;
};

static inline int keys_find(void *ctx, const char *name,
                            struct policy_values *out, struct err *e)
{
  struct keys *k = ctx;

  k->asked++;
  for (size_t i = 0; i < k->n; i++) {
    const struct key *key = &k->list[i];

    if (strcasecmp(key->name, name) != 0)
      continue;
    if (key->fails)
      return err_set(e, ERR_IO, "%s cannot be said", name);
    out->values = key->values;
    out->n = 0;
    while (out->n < KEY_VALUES && key->values[out->n] != NULL)
      out->n++;
    return 1;
  }
  return 0;
}

static inline struct policy *parsed(const char *text, enum policy_kind kind)
{
  struct policy *p = NULL;
  struct err e = {0};

  if (text == NULL)
    return NULL;
  if (policy_parse(text, strlen(text), kind, &p, &e) != 0)
    fail_msg("%s: %s", text, e.text);
  return p;
}

/* A case: texts of policies, NULL for none. */
struct scene {
  const char *identity[3]; /* up to the first NULL */
  const char *resource, *trust, *boundary, *session;
  const char *action, *secret; /* NULL: READ, SECRET */
  const char *arns[2];         /* NULL: BOB */
  const char *account;         /* NULL: HERE */
  const char *owner;           /* NULL: HERE */
  bool root;
  struct keys keys;
  int rc; /* comes out of scene_decide */
  struct err e;
};

static inline struct policy_request scene_request(struct scene *s)
{
  struct policy_request r = {
      .action = s->action ? s->action : READ,
      .resource = s->secret ? s->secret : SECRET,
      .principal_account = s->account ? s->account : HERE,
      .resource_account = s->owner ? s->owner : HERE,
      .is_root = s->root,
      .find_key = keys_find,
      .find_ctx = &s->keys,
  };

  if (s->arns[0] == NULL)
    s->arns[0] = BOB;
  r.principal_arns = s->arns;
  r.n_principal_arns = s->arns[1] != NULL ? 2 : 1;
  return r;
}

static inline struct policy_decision scene_decide(struct scene *s)
{
  struct policy *owned[6] = {NULL};
  const struct policy *identity[3] = {NULL};
  struct policy_request r = scene_request(s);
  struct policy_input in = {.identity = identity};
  struct policy_decision d = {.effect = POLICY_NOT_ALLOWED};

  for (; in.n_identity < 3 && s->identity[in.n_identity] != NULL;
       in.n_identity++) {
    owned[in.n_identity] = parsed(s->identity[in.n_identity], POLICY_IDENTITY);
    identity[in.n_identity] = owned[in.n_identity];
  }
  owned[3] = s->trust ? parsed(s->trust, POLICY_TRUST)
                      : parsed(s->resource, POLICY_RESOURCE);
  owned[4] = parsed(s->boundary, POLICY_BOUNDARY);
  owned[5] = parsed(s->session, POLICY_SESSION);
  in.resource = owned[3];
  in.boundary = owned[4];
  in.session = owned[5];
  s->rc = policy_evaluate(&r, &in, &d, &s->e);
  for (size_t i = 0; i < COUNT(owned); i++)
    policy_free(owned[i]);
  d.sid = NULL; /* gone with its policy */
  return d;
}

#endif
