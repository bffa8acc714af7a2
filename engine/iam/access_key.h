/* Access keys: how they look, how they are drawn, how they are kept. */
#ifndef IAM_ACCESS_KEY_H
#define IAM_ACCESS_KEY_H

#include "base/random.h"
#include "base/secret.h"
#include "crypto/keyring.h"
#include "store/iam.h"

#define ACCESS_KEY_ID_LEN     20
#define ACCESS_KEY_SECRET_LEN 40
#define ENTITY_ID_LEN         21

#define ACCESS_KEY_LONG    "AKIA"
#define ACCESS_KEY_SESSION "ASIA"

/* `prefix`: four letters.  *out_secret: returned, secret_release. */
int access_key_make(struct random *r, const char *prefix,
                    char out_id[ACCESS_KEY_ID_LEN + 1],
                    struct secret *out_secret, struct err *e);
/* The id of a user ("AIDA"), group ("AGPA"), role ("AROA") or policy. */
void entity_id_make(struct random *r, enum iam_kind kind,
                    char out[ENTITY_ID_LEN + 1]);

/* Fills key->sealed; it opens for that user and that key id alone. */
int access_key_seal(const struct keyring *k, const char *owner_id,
                    const struct secret *plain, struct iam_key *key,
                    struct err *e);
int access_key_open(const struct keyring *k, const char *owner_id,
                    const struct iam_key *key, struct secret *out,
                    struct err *e);

#endif
