/* A store with a key ring, a clock that tests move, and people in it. */
#ifndef HOUSE_H
#define HOUSE_H

#include "../store/temp_store.h"

#include "base/cleanup.h"
#include "iam/access_key.h"
#include "iam/directory.h"
#include "iam/session.h"

#define ACCOUNT "123456789012"
#define READ_ALL                                                  \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Read\"," \
  "\"Effect\":\"Allow\",\"Action\":\"secretsmanager:Get*\","      \
  "\"Resource\":\"*\"}]}"

struct house {
  struct temp *t;
  struct keyring *keyring;
  struct clock clock;
  int64_t now_us;
  struct directory *d;
};

static inline int64_t house_now(struct clock *c)
{
  return ((struct house *)((char *)c - offsetof(struct house, clock)))->now_us;
}

static inline int house_setup(void **state)
{
  struct house *h = calloc(1, sizeof *h);
  struct secret root = {0};
  unsigned char wrapped[KEYRING_WRAPPED_LEN];
  char id[UUID_TEXT_LEN + 1];
  void *t = NULL;

  (void)temp_setup(&t);
  h->t = t;
  h->now_us = NOW;
  h->clock = (struct clock){house_now, house_now};
  OK(secret_copy("0123456789abcdef0123456789abcdef", 32, &root, e_));
  OK(keyring_new(&root, random_system(), &h->keyring, e_));
  OK(keyring_make(h->keyring, id, wrapped, e_));
  OK(keyring_load(h->keyring, id, wrapped, sizeof wrapped, e_));
  OK(directory_new(h->t->s, h->keyring, &h->clock, random_system(), &h->d, e_));
  *state = h;
  return 0;
}

static inline int house_teardown(void **state)
{
  struct house *h = *state;
  void *t = h->t;

  directory_free(h->d);
  keyring_free(h->keyring);
  (void)temp_teardown(&t);
  free(h);
  return 0;
}

/* document: of a role or policy. */
static inline struct iam_entity house_add(struct house *h, enum iam_kind kind,
                                          const char *name,
                                          const char *document)
{
  struct iam_entity n = {.kind = kind, .path = "/"};
  int64_t id;

  (void)snprintf(n.name, sizeof n.name, "%s", name);
  (void)snprintf(n.arn, sizeof n.arn, "arn:aws:iam::" ACCOUNT ":%s/%s",
                 iam_kind_name(kind), name);
  entity_id_make(random_system(), kind, n.entity_id);
  OK(store_iam_insert(h->t->s, &n, document, NULL, 0, &id, e_));
  OK(store_iam_find(h->t->s, kind, name, &n, e_));
  directory_changed(h->d);
  return n;
}

/* A key of the user; *out_id is its id, the secret comes back. */
static inline struct secret house_key(struct house *h,
                                      const struct iam_entity *user,
                                      char out_id[ACCESS_KEY_ID_LEN + 1])
{
  struct iam_key key = {.user_id = user->id, .active = true, .created_us = NOW};
  struct secret secret;

  OK(access_key_make(random_system(), ACCESS_KEY_LONG, out_id, &secret, e_));
  (void)snprintf(key.access_key_id, sizeof key.access_key_id, "%s", out_id);
  OK(access_key_seal(h->keyring, user->entity_id, &secret, &key, e_));
  OK(store_iam_key_insert(h->t->s, &key, e_));
  directory_changed(h->d);
  return secret;
}

#define HOUSE(f) cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)

#endif
