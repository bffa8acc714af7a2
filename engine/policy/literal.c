/* Reads the values of conditions; strict, so that what is compared is what was
 * written.
 */
#include "policy/literal.h"

#include <arpa/inet.h>
#include <string.h>

#include "policy/match.h"

#define US INT64_C(1000000)

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* As many digits as there are. */
static struct slice digits_take(struct slice *s)
{
  struct slice digits = {s->text, 0};

  while (s->len > 0 && is_digit(*s->text)) {
    s->text++;
    s->len--;
    digits.len++;
  }
  return digits;
}

static bool take(struct slice *s, char c)
{
  if (s->len == 0 || *s->text != c)
    return false;
  s->text++;
  s->len--;
  return true;
}

bool decimal_read(struct slice text, struct decimal *out)
{
  struct decimal d = {.negative = take(&text, '-')};

  if (!d.negative)
    (void)take(&text, '+'); /* says nothing */
  d.whole = digits_take(&text);
  if (d.whole.len == 0)
    return false;
  if (take(&text, '.')) {
    d.fraction = digits_take(&text);
    if (d.fraction.len == 0)
      return false;
  }
  if (text.len > 0)
    return false;
  while (d.whole.len > 0 && *d.whole.text == '0') {
    d.whole.text++;
    d.whole.len--;
  }
  while (d.fraction.len > 0 && d.fraction.text[d.fraction.len - 1] == '0')
    d.fraction.len--;
  if (d.whole.len == 0 && d.fraction.len == 0)
    d.negative = false;
  *out = d;
  return true;
}

static int order(int n)
{
  return (n > 0) - (n < 0);
}

static int size_compare(const struct decimal *a, const struct decimal *b)
{
  size_t less;
  int n;

  if (a->whole.len != b->whole.len)
    return a->whole.len < b->whole.len ? -1 : 1;
  n = a->whole.len == 0 ? 0
                        : memcmp(a->whole.text, b->whole.text, a->whole.len);
  if (n != 0)
    return order(n);
  less = a->fraction.len < b->fraction.len ? a->fraction.len : b->fraction.len;
  n = less == 0 ? 0 : memcmp(a->fraction.text, b->fraction.text, less);
  if (n != 0)
    return order(n);
  return (a->fraction.len > b->fraction.len) -
         (a->fraction.len < b->fraction.len);
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
  if (a->negative != b->negative)
    return a->negative ? -1 : 1;
  return a->negative ? size_compare(b, a) : size_compare(a, b);
}

/* Exactly n digits. */
static bool number_take(struct slice *s, size_t n, int *out)
{
  *out = 0;
  if (s->len < n)
    return false;
  for (size_t i = 0; i < n; i++) {
    if (!is_digit(s->text[i]))
      return false;
    *out = *out * 10 + (s->text[i] - '0');
  }
  s->text += n;
  s->len -= n;
  return true;
}

static bool is_leap(int year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of the first of a month, and how long it is. */
static int64_t month_days(int year, int month, int *out_length)
{
  static const int before[] = {0,   31,  59,  90,  120, 151,
                               181, 212, 243, 273, 304, 334};
  static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t y = year - 1; /* leap days before this year */
  int leap = is_leap(year);

  *out_length = length[month - 1] + (month == 2 ? leap : 0);
  return (int64_t)year * 365 + y / 4 - y / 100 + y / 400 - 719527 +
         before[month - 1] + (month > 2 ? leap : 0);
}

/* `.s…`; what is smaller than a microsecond is cut. */
static bool fraction_take(struct slice *s, int64_t *out_us)
{
  struct slice digits;
  int64_t unit = US / 10;

  *out_us = 0;
  if (!take(s, '.'))
    return true;
  digits = digits_take(s);
  for (size_t i = 0; i < digits.len; i++, unit /= 10)
    *out_us += (digits.text[i] - '0') * unit;
  return digits.len > 0;
}

/* `Z` or `+hh:mm`, to the end; in seconds. */
static bool offset_take(struct slice *s, int64_t *out)
{
  bool plus = s->len > 0 && *s->text == '+';
  int hour, minute;

  *out = 0;
  if (take(s, 'Z'))
    return s->len == 0;
  if (!take(s, '+') && !take(s, '-'))
    return false;
  if (!number_take(s, 2, &hour) || !take(s, ':') ||
      !number_take(s, 2, &minute) || s->len > 0 || hour > 23 || minute > 59)
    return false;
  *out = (hour * 60 + minute) * (plus ? 60 : -60);
  return true;
}

/* `Thh:mm…` to the end. */
static bool clock_take(struct slice *s, int64_t *out_us)
{
  int hour, minute, second = 0;
  int64_t us = 0, offset;

  if (!take(s, 'T') || !number_take(s, 2, &hour) || !take(s, ':') ||
      !number_take(s, 2, &minute))
    return false;
  if (take(s, ':') && (!number_take(s, 2, &second) || !fraction_take(s, &us)))
    return false;
  if (hour > 23 || minute > 59 || second > 60 || !offset_take(s, &offset))
    return false;
  *out_us = ((hour * 60 + minute) * 60 + second - offset) * US + us;
  return true;
}

static bool iso_read(struct slice s, int64_t *out_us)
{
  int year, month = 1, day = 1, length;
  int64_t days, us = 0;

  if (!number_take(&s, 4, &year))
    return false;
  if (take(&s, '-') && !number_take(&s, 2, &month))
    return false;
  if (month < 1 || month > 12)
    return false;
  days = month_days(year, month, &length);
  if (take(&s, '-')) {
    if (!number_take(&s, 2, &day) || day < 1 || day > length)
      return false;
    if (s.len > 0 && !clock_take(&s, &us))
      return false;
  }
  if (s.len > 0)
    return false;
  *out_us = (days + day - 1) * 86400 * US + us;
  return true;
}

bool time_read(struct slice text, int64_t *out_us)
{
  struct slice rest = text, digits = digits_take(&rest);
  int64_t seconds = 0, us = 0;

  if (rest.len > 0 && *rest.text != '.')
    return iso_read(text, out_us);
  if (rest.len == 0 && digits.len == 4)
    return iso_read(text, out_us);
  if (digits.len == 0 || digits.len > 12)
    return false;
  for (size_t i = 0; i < digits.len; i++)
    seconds = seconds * 10 + (digits.text[i] - '0');
  if (!fraction_take(&rest, &us) || rest.len > 0)
    return false;
  *out_us = seconds * US + us;
  return true;
}

static void network_unmap(struct network *n)
{
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

  if (n->length != 16 || n->bits < 96 || memcmp(n->address, mapped, 12) != 0)
    return;
  memmove(n->address, n->address + 12, 4);
  n->length = 4;
  n->bits -= 96;
}

bool network_read(struct slice text, bool range, struct network *out)
{
  const char *slash = memchr(text.text, '/', text.len);
  size_t len = slash == NULL ? text.len : (size_t)(slash - text.text);
  struct network n = {.length = 4};
  char address[INET6_ADDRSTRLEN];
  int bits;

  if (len >= sizeof address || (slash != NULL && !range))
    return false;
  memcpy(address, text.text, len);
  address[len] = '\0';
  if (inet_pton(AF_INET, address, n.address) != 1) {
    if (inet_pton(AF_INET6, address, n.address) != 1)
      return false;
    n.length = 16;
  }
  bits = n.length * 8;
  if (slash != NULL) {
    struct slice s = {slash + 1, text.len - len - 1};
    int most = bits;

    if (s.len < 1 || s.len > 3 || !number_take(&s, s.len, &bits) || bits > most)
      return false;
  }
  n.bits = (uint8_t)bits;
  network_unmap(&n);
  *out = n;
  return true;
}

bool network_contains(const struct network *range,
                      const struct network *address)
{
  size_t whole = range->bits / 8;
  unsigned rest = range->bits % 8;
  uint8_t mask = (uint8_t)(0xff00U >> rest);

  return range->length == address->length &&
         memcmp(range->address, address->address, whole) == 0 &&
         (rest == 0 ||
          ((range->address[whole] ^ address->address[whole]) & mask) == 0);
}

bool truth_read(struct slice text, bool *out)
{
  bool truth = slice_equal_folded(text, (struct slice){"true", 4});

  if (!truth && !slice_equal_folded(text, (struct slice){"false", 5}))
    return false;
  *out = truth;
  return true;
}

bool is_base64(struct slice text)
{
  size_t n = text.len;

  if (n % 4 != 0)
    return false;
  for (int i = 0; i < 2 && n > 0 && text.text[n - 1] == '='; i++)
    n--;
  for (size_t i = 0; i < n; i++) {
    char c = text.text[i];

    if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !is_digit(c) &&
        c != '+' && c != '/')
      return false;
  }
  return true;
}
