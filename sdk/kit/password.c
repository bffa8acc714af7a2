/* One character of each wanted kind first, the rest from all of them, then a
 * shuffle: each password that fits the rules can come out.
 */
#include "kit/password.h"

#include <string.h>

#include "base/json.h"

#define LENGTH_DEFAULT 32
#define LENGTH_MAX     4096

struct kind {
  const char *option; /* AWS's member; true there leaves the kind out */
  const char *chars;
};

static const struct kind kinds[] = {
    {"ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"},
    {"ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"ExcludeNumbers", "0123456789"},
    {"ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

struct alphabet {
  char all[128], part[N_KINDS][40];
  size_t n_all, n_part[N_KINDS];
};

static bool is_excluded(char c, const char *a, const char *b)
{
  return (a != NULL && strchr(a, c) != NULL) ||
         (b != NULL && strchr(b, c) != NULL);
}

static void alphabet_make(const json_t *options, const char *exclude,
                          struct alphabet *a)
{
  const char *more = json_str(options, "ExcludeCharacters");

  memset(a, 0, sizeof *a);
  for (size_t k = 0; k < N_KINDS; k++) {
    if (json_bool(options, kinds[k].option, false))
      continue;
    for (const char *c = kinds[k].chars; *c != '\0'; c++)
      if (!is_excluded(*c, exclude, more)) {
        a->part[k][a->n_part[k]++] = *c;
        a->all[a->n_all++] = *c;
      }
  }
  if (json_bool(options, "IncludeSpace", false) &&
      !is_excluded(' ', exclude, more))
    a->all[a->n_all++] = ' ';
}

int password_draw(const json_t *options, const char *exclude, struct random *r,
                  struct secret *out, struct err *e)
{
  int64_t length = json_int(options, "PasswordLength", LENGTH_DEFAULT);
  bool each = json_bool(options, "RequireEachIncludedType", true);
  struct alphabet a;
  struct secret s;
  size_t n = 0;
  int rc;

  alphabet_make(options, exclude, &a);
  if (length < 1 || length > LENGTH_MAX)
    return err_set(e, ERR_PARAMETER, "PasswordLength must be 1 to %d",
                   LENGTH_MAX);
  if (a.n_all == 0)
    return err_set(e, ERR_PARAMETER, "the options exclude every character");
  if (each && length < (int64_t)N_KINDS)
    return err_set(e, ERR_PARAMETER,
                   "PasswordLength is too short for one of each kind");
  rc = secret_alloc((size_t)length, &s, e);
  if (rc != 0)
    return rc;
  for (size_t k = 0; each && k < N_KINDS; k++)
    if (a.n_part[k] > 0)
      s.data[n++] = (unsigned char)a.part[k][random_below(r, a.n_part[k])];
  while (n < s.len)
    s.data[n++] = (unsigned char)a.all[random_below(r, a.n_all)];
  for (size_t i = s.len - 1; i > 0; i--) {
    size_t j = (size_t)random_below(r, i + 1);
    unsigned char c = s.data[i];

    s.data[i] = s.data[j];
    s.data[j] = c;
  }
  *out = s;
  return 0;
}
