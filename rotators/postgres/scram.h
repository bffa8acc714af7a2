/* scram.h - the verifier of a password, as PostgreSQL keeps it. */
#ifndef POSTGRES_SCRAM_H
#define POSTGRES_SCRAM_H
#include <stdbool.h>

#define SCRAM_VERIFIER_MAX 160

struct verifier {
  const char *password; /* borrowed */
  bool is_tried;
  /* "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey", RFC 5803; "": not a
   * password that this does, or no entropy: libpq shall make it. */
  char text[SCRAM_VERIFIER_MAX];
};

/* Fills in the text; once, for it takes a millisecond. */
void verifier_make(struct verifier *v);
void verifier_clear(struct verifier *v);

#endif
