/* Values in and out of the store: sealed for their secret and version, and
 * opened again.
 */
#ifndef SECRET_VALUE_H
#define SECRET_VALUE_H

#include "base/random.h"
#include "base/secret.h"
#include "crypto/keyring.h"
#include "store/store.h"

/* A value or note as the store keeps it. */
struct sealed {
  unsigned char *data; /* owned: sealed_release */
  size_t len;
  char key_id[UUID_TEXT_LEN + 1];
};

void sealed_release(struct sealed *s);

/* For the ARN that `of` has: of a replica, what it is to become.
 * *out: returned, sealed_release.  ERR_VALIDATION: empty, or larger than
 * SECRET_VALUE_MAX. */
int value_seal(struct keyring *k, const struct secret_row *of,
               const char *version_id, const struct secret *value,
               struct sealed *out, struct err *e);
/* A replica's values are its primary's, and sealed for that one.
 * ERR_NOT_FOUND: the version has no value (yet).  *out: returned,
 * secret_release. */
int value_open(struct keyring *k, const struct secret_row *of,
               const struct version_row *version, struct secret *out,
               struct err *e);

/* The id of the key that the secret's values are sealed by; NULL: there is
 * none.  Borrowed from either. */
const char *value_key(const struct keyring *k, const struct secret_row *of);
/* The same value under that key.  *out: returned, sealed_release. */
int value_rewrap(struct keyring *k, const struct secret_row *of,
                 const struct version_row *version, struct sealed *out,
                 struct err *e);

/* A rotation's note; it may be empty. */
int note_seal(struct keyring *k, const struct secret_row *of,
              const char *version_id, const struct secret *note,
              struct sealed *out, struct err *e);
int note_open(struct keyring *k, const struct secret_row *of,
              const char *version_id, const void *sealed, size_t len,
              struct secret *out, struct err *e);

#endif
