/* Random passwords: an alphabet from the wishes, one draw for each required
 * type, the rest from all, and a shuffle.  Every draw is without modulo bias,
 * so all passwords that meet the wishes are nearly alike in probability.
 */
#include "secret/password.h"

#include <stdint.h>
#include <string.h>

enum { LENGTH_DEFAULT = 32, LENGTH_MAX = 4096, TYPES = 5 };

struct alphabet {
  char chars[TYPES][64];
  size_t n[TYPES];
  size_t types, all;
  const char *emptied; /* a type that has nothing left; NULL: none */
};

static const struct {
  const char *chars, *exclude_member, *name;
} types[TYPES] = {
    {"abcdefghijklmnopqrstuvwxyz", "ExcludeLowercase", "lowercase letters"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ExcludeUppercase", "uppercase letters"},
    {"0123456789", "ExcludeNumbers", "numbers"},
    {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "ExcludePunctuation",
     "punctuation characters"},
    {" ", NULL, "spaces"},
};

static const char *const flags[] = {
    "ExcludeLowercase",   "ExcludeUppercase", "ExcludeNumbers",
    "ExcludePunctuation", "IncludeSpace",     "RequireEachIncludedType"};

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
    if (n == 0) {
      a->emptied = types[t].name;
      continue;
    }
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

static int flags_check(const json_t *spec, struct err *e)
{
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    const json_t *v = json_object_get(spec, flags[i]);

    if (v != NULL && !json_is_boolean(v) && !json_is_null(v))
      return err_set(e, ERR_SERIALIZATION, "%s must be true or false",
                     flags[i]);
  }
  return 0;
}

static int types_check(const json_t *spec, struct err *e)
{
  const json_t *length = json_object_get(spec, "PasswordLength");
  const json_t *excluded = json_object_get(spec, "ExcludeCharacters");

  if (spec != NULL && !json_is_object(spec))
    return err_set(e, ERR_SERIALIZATION,
                   "a password's wishes must be an object");
  if (length != NULL && !json_is_integer(length) && !json_is_null(length))
    return err_set(e, ERR_SERIALIZATION,
                   "PasswordLength must be a whole number");
  if (excluded != NULL && !json_is_string(excluded) && !json_is_null(excluded))
    return err_set(e, ERR_SERIALIZATION, "ExcludeCharacters must be a string");
  return flags_check(spec, e);
}

static int fit(const json_t *spec, const char *exclude, struct alphabet *a,
               size_t *out_len, struct err *e)
{
  int64_t length = json_int(spec, "PasswordLength", LENGTH_DEFAULT);
  bool each = json_bool(spec, "RequireEachIncludedType", true);
  int rc = types_check(spec, e);

  if (rc != 0)
    return rc;
  if (length < 1 || length > LENGTH_MAX)
    return err_set(e, ERR_PARAMETER,
                   "PasswordLength is %lld; it must be between 1 and %d.",
                   (long long)length, LENGTH_MAX);
  alphabet_make(spec, exclude, a);
  if (a->all == 0)
    return err_set(e, ERR_PARAMETER,
                   "The exclusions leave no character to make a password of.");
  if (each && a->emptied != NULL)
    return err_set(e, ERR_PARAMETER,
                   "The exclusions leave no %s, of which at least one is "
                   "required; exclude the type, or set RequireEachIncludedType "
                   "to false.",
                   a->emptied);
  if (each && (size_t)length < a->types)
    return err_set(e, ERR_PARAMETER,
                   "Password length is too short based on the required types: "
                   "PasswordLength is %lld, and %zu types are required.",
                   (long long)length, a->types);
  *out_len = (size_t)length;
  return 0;
}

static bool is_member(const char *name)
{
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (strcmp(flags[i], name) == 0)
      return true;
  return strcmp(name, "PasswordLength") == 0 ||
         strcmp(name, "ExcludeCharacters") == 0;
}

int password_check(const json_t *spec, const char *exclude, struct err *e)
{
  struct alphabet a;
  const char *name;
  json_t *ignored;
  size_t len;

  json_object_foreach ((json_t *)(uintptr_t)spec, name, ignored)
    if (!is_member(name))
      return err_set(e, ERR_PARAMETER,
                     "'%.64s' is no member of GetRandomPassword", name);
  return fit(spec, exclude, &a, &len, e);
}

int password_generate(const json_t *spec, const char *exclude, struct random *r,
                      struct secret *out, struct err *e)
{
  bool each = json_bool(spec, "RequireEachIncludedType", true);
  struct alphabet a;
  struct secret s;
  size_t len;
  int rc = fit(spec, exclude, &a, &len, e);

  if (rc != 0)
    return rc;
  rc = secret_alloc(len, &s, e);
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
