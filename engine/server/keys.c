/* The way from the root key file to a key ring that opens every value. */
#include "server/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/root_key.h"

int keys_root(const char *path, struct random *r, struct keyring **out,
              struct err *e)
{
  struct secret root = {0};
  int rc = root_key_read(path, &root, e);

  return rc != 0 ? rc : keyring_new(&root, r, out, e);
}

static int first_key(struct keyring *k, struct store *s, int64_t now_us,
                     struct err *e)
{
  struct kms_key_row row = {.created_us = now_us,
                            .wrapped_len = KEYRING_WRAPPED_LEN};
  int rc = keyring_make(k, row.key_id, row.wrapped, e);

  if (rc == 0)
    rc = store_kms_key_insert(s, &row, e);
  if (rc == 0)
    rc = keyring_load(k, row.key_id, row.wrapped, row.wrapped_len, e);
  return rc == 0 ? keyring_mark_default(k, row.key_id, e) : rc;
}

int keys_load(struct keyring *k, struct store *s, int64_t now_us, struct err *e)
{
  CLEANUP_FREE struct kms_key_row *rows =
      calloc(KEYRING_KEYS_MAX, sizeof *rows);
  struct meta_row meta;
  size_t n = 0;
  int rc;

  if (rows == NULL)
    return err_set(e, ERR_NOMEM, "no memory for the keys");
  store_meta(s, &meta);
  rc = keyring_check(k, meta.store_id, meta.key_check, meta.key_check_len, e);
  if (rc == 0)
    rc = store_kms_key_list(s, rows, KEYRING_KEYS_MAX, &n, e);
  for (size_t i = 0; rc == 0 && i < n; i++) {
    const struct kms_key_row *row = &rows[i];

    rc = keyring_load(k, row->key_id, row->wrapped, row->wrapped_len, e);
    if (rc != 0)
      (void)err_wrap(e, "KMS key %s", row->key_id); /* rc says it */
  }
  /* The first one that was made is the default. */
  if (rc == 0 && n == 0)
    return first_key(k, s, now_us, e);
  return rc == 0 ? keyring_mark_default(k, rows[0].key_id, e) : rc;
}
