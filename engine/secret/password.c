/* Random passwords: an alphabet from the wishes, one draw for each required
 * type, the rest from all, and a shuffle.  Every draw is without modulo bias,
 * so all passwords that meet the wishes are nearly alike in probability.
 */
#include "secret/password.h"

#include <string.h>

enum { LENGTH_DEFAULT = 32, LENGTH_MAX = 4096, TYPES = 5 };

struct alphabet {
  char chars[TYPES][64];
  size_t n[TYPES];
  size_t types, all;
};

static const struct {
  const char *chars, *exclude_member;
} types[TYPES] = {
    {"abcdefghijklmnopqrstuvwxyz", "ExcludeLowercase"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ExcludeUppercase"},
    {"0123456789", "ExcludeNumbers"},
    {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "ExcludePunctuation"},
    {" ", NULL},
};

static bool is_in(const char *set, char c)
{
  return set != NULL && strchr(set, c) != NULL;
}

static void alphabet_make(const json_t *spec, const char *exclude,
                          struct alphabet *a)
{
  const char *excluded = json_str(spec, "ExcludeCharacters");

  memset(a, 0, sizeof *a);
  for (size_t t = 0; t < TYPES; t++) {
    size_t n = 0;

    if (types[t].exclude_member == NULL
            ? !json_bool(spec, "IncludeSpace", false)
            : json_bool(spec, types[t].exclude_member, false))
      continue;
    for (const char *c = types[t].chars; *c != '\0'; c++)
      if (!is_in(excluded, *c) && !is_in(exclude, *c))
        a->chars[a->types][n++] = *c;
    if (n == 0)
      continue;
    a->n[a->types++] = n;
    a->all += n;
  }
}

static char draw(const struct alphabet *a, struct random *r)
{
  uint64_t i = random_below(r, a->all);
  size_t t = 0;

  while (i >= a->n[t])
    i -= a->n[t++];
  return a->chars[t][i];
}

static void shuffle(unsigned char *p, size_t n, struct random *r)
{
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t)random_below(r, i);
    unsigned char c = p[i - 1];

    p[i - 1] = p[j];
    p[j] = c;
  }
}

int password_generate(const json_t *spec, const char *exclude, struct random *r,
                      struct secret *out, struct err *e)
{
  int64_t length = json_int(spec, "PasswordLength", LENGTH_DEFAULT);
  bool each = json_bool(spec, "RequireEachIncludedType", true);
  struct alphabet a;
  struct secret s;
  int rc;

  if (length < 1 || length > LENGTH_MAX)
    return err_set(e, ERR_PARAMETER,
                   "PasswordLength is %lld; it must be between 1 and %d.",
                   (long long)length, LENGTH_MAX);
  alphabet_make(spec, exclude, &a);
  if (a.all == 0)
    return err_set(e, ERR_PARAMETER,
                   "The exclusions leave no character to make a password of.");
  if (each && (size_t)length < a.types)
    return err_set(e, ERR_PARAMETER,
                   "PasswordLength %lld is too short for the %zu required "
                   "character types.",
                   (long long)length, a.types);
  rc = secret_alloc((size_t)length, &s, e);
  if (rc != 0)
    return rc;
  for (size_t i = 0; i < s.len; i++)
    s.data[i] = each && i < a.types
                    ? (unsigned char)a.chars[i][random_below(r, a.n[i])]
                    : (unsigned char)draw(&a, r);
  shuffle(s.data, s.len, r);
  *out = s;
  return 0;
}
