/* Numbers, times, addresses and truth as conditions compare them.  Each
 * function says whether the text is one.
 */
#ifndef POLICY_LITERAL_H
#define POLICY_LITERAL_H

#include <stdint.h>

#include "policy/pattern.h"

/* Points into the text that was read; without leading and closing zeros, so
 * that it has one form only. */
struct decimal {
  bool negative;
  struct slice whole, fraction;
};

bool decimal_read(struct slice text, struct decimal *out);
/* Exact, however many digits there are: -1, 0 or 1. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

/* ISO 8601 as W3C's note has it (YYYY, YYYY-MM, YYYY-MM-DD,
 * YYYY-MM-DDThh:mm[:ss[.s…]] with Z or +hh:mm), or seconds since 1970; four
 * digits are a year. */
bool time_read(struct slice text, int64_t *out_us);

struct network {
  uint8_t address[16];
  uint8_t length; /* of the address in bytes: 4 or 16 */
  uint8_t bits;
};

/* An address, or a range when `range`; IPv4 in IPv6 becomes IPv4. */
bool network_read(struct slice text, bool range, struct network *out);
bool network_contains(const struct network *range,
                      const struct network *address);

/* In any case. */
bool truth_read(struct slice text, bool *out);

/* As an encoder writes it: with padding, nothing between. */
bool is_base64(struct slice text);

#endif
