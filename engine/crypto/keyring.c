/* The ring: an append-only array, published by its atomic count.
 *
 * AAD of a wrapped key is "kms-key:" and its id, so one row cannot stand in
 * for another; AAD of the check value is "keyturn-store:" and the store's id.
 */
#include "crypto/keyring.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/root_key.h"

#define AAD_MAX   128
#define NO_MARKED -1

static const unsigned char check_text[16] = "keyturn-check-1";

struct entry {
  char id[UUID_TEXT_LEN + 1];
  struct secret key;
};

struct keyring {
  struct secret root;
  struct gcm *gcm;
  struct random *random; /* borrowed */
  pthread_mutex_t adding;
  struct entry entries[KEYRING_KEYS_MAX];
  _Atomic int n, marked;
};

int keyring_new(struct secret *root, struct random *r, struct keyring **out,
                struct err *e)
{
  struct keyring *k = calloc(1, sizeof *k);
  int rc;

  if (k == NULL) {
    secret_release(root);
    return err_set(e, ERR_NOMEM, "out of memory");
  }
  (void)pthread_mutex_init(&k->adding, NULL); /* cannot fail on Linux */
  k->root = *root;
  *root = (struct secret){0}; /* transferred */
  k->random = r;
  atomic_init(&k->n, 0);
  atomic_init(&k->marked, NO_MARKED);
  rc = k->root.len == ROOT_KEY_LEN
           ? gcm_new(&k->gcm, e)
           : err_set(e, ERR_CONFIG, "a root key has %d bytes", ROOT_KEY_LEN);
  if (rc != 0) {
    keyring_free(k);
    return rc;
  }
  *out = k;
  return 0;
}

void keyring_free(struct keyring *k)
{
  if (k == NULL)
    return;
  for (int i = 0; i < atomic_load(&k->n); i++)
    secret_release(&k->entries[i].key);
  secret_release(&k->root);
  gcm_free(k->gcm);
  (void)pthread_mutex_destroy(&k->adding); /* nobody holds it */
  free(k);
}

/* "what" and "id" in one AAD; both are short and of our making. */
static size_t aad_make(char *out, const char *what, const char *id)
{
  int n = snprintf(out, AAD_MAX, "%s%s", what, id);

  return n < 0 || n >= AAD_MAX ? 0 : (size_t)n;
}

int keyring_check_make(struct keyring *k, const char *store_id,
                       unsigned char out_check[KEYRING_CHECK_LEN],
                       struct err *e)
{
  char aad[AAD_MAX];
  size_t n = aad_make(aad, "keyturn-store:", store_id);

  return gcm_seal(k->gcm, k->random, k->root.data, aad, n, check_text,
                  sizeof check_text, out_check, e);
}

int keyring_check(struct keyring *k, const char *store_id, const void *check,
                  size_t check_len, struct err *e)
{
  unsigned char plain[sizeof check_text];
  char aad[AAD_MAX];
  size_t n = aad_make(aad, "keyturn-store:", store_id);

  if (check_len != KEYRING_CHECK_LEN ||
      gcm_open(k->gcm, k->root.data, aad, n, check, check_len, plain, NULL) !=
          0 ||
      memcmp(plain, check_text, sizeof plain) != 0)
    return err_set(e, ERR_CONFIG,
                   "this root key is not the store's: store %s was made with "
                   "another one; set root_key_file to the file that was made "
                   "with the store, or restore that file from its backup",
                   store_id);
  return 0;
}

static const struct entry *find(const struct keyring *k, const char *id)
{
  int n = atomic_load_explicit(&k->n, memory_order_acquire);

  for (int i = 0; i < n; i++)
    if (strcmp(k->entries[i].id, id) == 0)
      return &k->entries[i];
  return NULL;
}

static int wrap(struct keyring *k, const struct secret *root, const char *id,
                const struct secret *key, unsigned char *out, struct err *e)
{
  char aad[AAD_MAX];
  size_t n = aad_make(aad, "kms-key:", id);

  return gcm_seal(k->gcm, k->random, root->data, aad, n, key->data, GCM_KEY_LEN,
                  out, e);
}

int keyring_make(struct keyring *k, char out_id[UUID_TEXT_LEN + 1],
                 unsigned char out_wrapped[KEYRING_WRAPPED_LEN], struct err *e)
{
  CLEANUP_SECRET struct secret key = {0};
  char id[UUID_TEXT_LEN + 1];
  int rc = secret_alloc(GCM_KEY_LEN, &key, e);

  if (rc != 0)
    return rc;
  k->random->fill(k->random, key.data, key.len);
  random_uuid(k->random, id);
  rc = wrap(k, &k->root, id, &key, out_wrapped, e);
  if (rc == 0)
    memcpy(out_id, id, sizeof id);
  return rc;
}

static int unwrap(struct keyring *k, const char *id, const void *wrapped,
                  size_t len, struct secret *out, struct err *e)
{
  CLEANUP_SECRET struct secret key = {0};
  char aad[AAD_MAX];
  size_t n = aad_make(aad, "kms-key:", id);
  int rc;

  if (strlen(id) != UUID_TEXT_LEN || len != KEYRING_WRAPPED_LEN)
    return err_set(e, ERR_DECRYPT, "KMS key %.36s is damaged in the store", id);
  rc = secret_alloc(GCM_KEY_LEN, &key, e);
  if (rc != 0)
    return rc;
  if (gcm_open(k->gcm, k->root.data, aad, n, wrapped, len, key.data, NULL) != 0)
    return err_set(e, ERR_DECRYPT,
                   "KMS key %s cannot be opened by this root key: its row "
                   "was changed",
                   id);
  *out = key;
  key = (struct secret){0}; /* transferred */
  return 0;
}

int keyring_load(struct keyring *k, const char *id, const void *wrapped,
                 size_t len, struct err *e)
{
  struct secret key = {0};
  int n, rc = unwrap(k, id, wrapped, len, &key, e);

  if (rc != 0)
    return rc;
  (void)pthread_mutex_lock(&k->adding); /* cannot fail: a plain mutex */
  n = atomic_load(&k->n);
  if (find(k, id) != NULL)
    secret_release(&key);
  else if (n == KEYRING_KEYS_MAX) {
    secret_release(&key);
    rc = err_set(e, ERR_LIMIT, "no more than %d KMS keys", KEYRING_KEYS_MAX);
  } else {
    struct entry *new = &k->entries[n];

    memcpy(new->id, id, sizeof new->id);
    new->key = key;
    atomic_store_explicit(&k->n, n + 1, memory_order_release);
  }
  (void)pthread_mutex_unlock(&k->adding);
  return rc;
}

int keyring_mark_default(struct keyring *k, const char *id, struct err *e)
{
  const struct entry *it = find(k, id);

  if (it == NULL)
    return err_set(e, ERR_NOT_FOUND, "there is no KMS key %.36s", id);
  atomic_store(&k->marked, (int)(it - k->entries));
  return 0;
}

const char *keyring_default(const struct keyring *k)
{
  int n = atomic_load_explicit(&k->n, memory_order_acquire);
  int marked = atomic_load(&k->marked);

  if (n == 0)
    return NULL;
  return k->entries[marked == NO_MARKED ? n - 1 : marked].id;
}

const char *keyring_oldest(const struct keyring *k)
{
  return atomic_load_explicit(&k->n, memory_order_acquire) == 0
             ? NULL
             : k->entries[0].id;
}

bool keyring_has(const struct keyring *k, const char *id)
{
  return find(k, id) != NULL;
}

int keyring_rewrap(struct keyring *k, const char *id,
                   const struct secret *new_root,
                   unsigned char out_wrapped[KEYRING_WRAPPED_LEN],
                   struct err *e)
{
  const struct entry *it = find(k, id);

  assert(new_root->len == ROOT_KEY_LEN);
  if (it == NULL)
    return err_set(e, ERR_NOT_FOUND, "there is no KMS key %.36s", id);
  return wrap(k, new_root, id, &it->key, out_wrapped, e);
}

const unsigned char *keyring_key(const struct keyring *k, const char *id)
{
  const struct entry *it = find(k, id);

  return it == NULL ? NULL : it->key.data;
}

const struct gcm *keyring_gcm(const struct keyring *k)
{
  return k->gcm;
}

struct random *keyring_random(const struct keyring *k)
{
  return k->random;
}
