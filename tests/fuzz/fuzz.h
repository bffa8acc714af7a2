/* What the fuzz targets share: the entry that libFuzzer calls, and a claim
 * that stops it with a reproducer when it does not hold. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CLAIM(what)                                                        \
  do {                                                                     \
    if (!(what)) {                                                         \
      (void)fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, \
                    __LINE__, #what);                                      \
      abort();                                                             \
    }                                                                      \
  } while (0)

/* The input as a text of its own size, so that a read beyond it is seen.
 * Returned, free(). */
static inline char *fuzz_text(const uint8_t *data, size_t len)
{
  char *text = malloc(len + 1);

  CLAIM(text != NULL);
  if (len > 0)
    memcpy(text, data, len);
  text[len] = '\0';
  return text;
}

#endif
