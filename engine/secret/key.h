/* Which KMS key a KmsKeyId names: a key's id or ARN, an alias or its ARN.
 *
 * Keys are the store's own (store_kms_key_insert) and the same in all regions;
 * their ARNs say the region they are asked for in.
 */
#ifndef SECRET_KEY_H
#define SECRET_KEY_H

#include "crypto/keyring.h"
#include "store/store.h"

/* The alias of the key that is used where none is named. */
#define KEY_DEFAULT_ALIAS "alias/aws/secretsmanager"
#define KEY_ARN_MAX       512

struct key_place {
  const char *region, *account;
};

/* out_id: "" for the default key.  ERR_ENCRYPT, with the words that Secrets
 * Manager has from KMS: there is no such key. */
int key_resolve(struct store *s, const struct keyring *k,
                const struct key_place *at, const char *spelled,
                char out_id[UUID_TEXT_LEN + 1], struct err *e);

/* arn:aws:kms:REGION:ACCOUNT:key/ID, or, of an alias, …:alias/NAME. */
void key_arn(const struct key_place *at, const char *id_or_alias,
             char out[KEY_ARN_MAX]);

/* An alias that a new key may have: "alias/" and letters, digits, / _ -, but
 * not AWS's own.  ERR_VALIDATION. */
int key_alias_check(const char *alias, struct err *e);

#endif
