/* The key that signs digests: drawn once, sealed like a secret's value (KMS
 * key, root key) and kept in the store.  Its public half is in the folder,
 * for whoever verifies; a copy elsewhere is worth more.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "crypto/envelope.h"
#include "event/state.h"

#define PEM_MAX  1024
#define DRAFT    TRAIL_PUBLIC_KEY ".new"
#define KEY_NAME "keyturn:audit-signing-key"

static int key_make(struct audit *a, struct secret *out, struct err *e)
{
  const struct envelope_for of = {KEY_NAME, a->meta.store_id,
                                  ENVELOPE_AUDIT_KEY};
  CLEANUP_FREE unsigned char *sealed = NULL;
  CLEANUP_SECRET struct secret seed = {0};
  size_t len = 0;
  int rc = secret_alloc(DIGEST_SEED_LEN, &seed, e);

  if (rc != 0)
    return rc;
  a->o.random->fill(a->o.random, seed.data, seed.len);
  rc = envelope_seal(a->o.keyring, &of, NULL, &seed, &sealed, &len, e);
  if (rc == 0)
    rc = store_audit_put(a->o.store, sealed, len, e);
  if (rc != 0)
    return rc;
  *out = seed;
  seed = (struct secret){0}; /* transferred */
  return 0;
}

static int key_have(struct audit *a, struct audit_row *out_known,
                    struct secret *out, struct err *e)
{
  const struct envelope_for of = {KEY_NAME, a->meta.store_id,
                                  ENVELOPE_AUDIT_KEY};
  int rc = store_audit_get(a->o.store, out_known, e);

  if (rc == -ERR_NOT_FOUND)
    return key_make(a, out, e);
  if (rc == 0)
    rc = envelope_open(a->o.keyring, &of, out_known->sealed_key,
                       out_known->sealed_len, out, e);
  return rc == -ERR_DECRYPT ? err_wrap(e, "the audit trail's key") : rc;
}

static int file_write(const struct audit *a, const struct buf *pem,
                      struct err *e)
{
  CLEANUP_FD int fd =
      openat(a->folder_fd, DRAFT,
             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0 || write(fd, pem->data, pem->len) != (ssize_t)pem->len ||
      fsync(fd) != 0 ||
      renameat(a->folder_fd, DRAFT, a->folder_fd, TRAIL_PUBLIC_KEY) != 0 ||
      fsync(a->folder_fd) != 0)
    return audit_fail(a, "write", TRAIL_PUBLIC_KEY, e);
  return 0;
}

/* Ours is written over another: somebody put it there, or the store is another
 * one now. */
static int public_write(const struct audit *a, struct err *e)
{
  CLEANUP_BUF struct buf pem;
  struct trail_text there = {0};
  bool is_same, is_other;
  int rc;

  buf_init(&pem, PEM_MAX, false);
  rc = digest_key_pem(a->key, &pem, e);
  if (rc != 0)
    return rc;
  rc = trail_text_read(a->folder, TRAIL_PUBLIC_KEY, &there, NULL);
  is_same = rc == 0 && there.len == pem.len &&
            memcmp(there.data, pem.data, pem.len) == 0;
  is_other = rc == 0 && !is_same;
  trail_text_release(&there);
  if (is_other)
    log_warn("audit_public_key_replaced", log_str("folder", a->folder),
             log_str("next", "it was not this store's; digests that another "
                             "key signed do not verify"));
  return is_same ? 0 : file_write(a, &pem, e);
}

int audit_key(struct audit *a, struct audit_row *out_known, struct err *e)
{
  CLEANUP_SECRET struct secret seed = {0};
  int rc = key_have(a, out_known, &seed, e);

  if (rc == 0)
    rc = digest_key_private(seed.data, &a->key, e);
  return rc == 0 ? public_write(a, e) : rc;
}
