/* Names and ARNs of secrets.  Finding the secret behind one is resolve.c. */
#include "secret/name.h"

#include <stdio.h>
#include <string.h>

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz"
                                 "0123456789/_+=.@-";
static const char suffix_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz"
                                   "0123456789";

int name_check(const char *name, struct err *e)
{
  size_t len = strlen(name);

  if (len == 0 || len >= STORE_NAME_MAX || strspn(name, name_chars) != len)
    return err_set(e, ERR_VALIDATION,
                   "Invalid name. Must be a valid name containing "
                   "alphanumeric characters, or any of the following: "
                   "-/_+=.@!");
  return 0;
}

void name_to_arn(const char *region, const char *account, const char *name,
                 struct random *r, char out[STORE_ARN_MAX])
{
  char suffix[NAME_SUFFIX_LEN + 1];

  for (int i = 0; i < NAME_SUFFIX_LEN; i++)
    suffix[i] = suffix_chars[random_below(r, sizeof suffix_chars - 1)];
  suffix[NAME_SUFFIX_LEN] = '\0';
  /* Fits: region and account are bounded in meta_row, the name by
   * name_check. */
  (void)snprintf(out, STORE_ARN_MAX,
                 "arn:aws:secretsmanager:%s:%s:secret:%s-%s", region, account,
                 name, suffix);
}

void name_to_likely_arn(const char *region, const char *account, const char *id,
                        char out[STORE_ARN_MAX])
{
  if (name_is_arn(id))
    (void)snprintf(out, STORE_ARN_MAX, "%s", id); /* cut: longer than any */
  else
    (void)snprintf(out, STORE_ARN_MAX,
                   "arn:aws:secretsmanager:%s:%s:secret:%.*s-??????", region,
                   account, STORE_NAME_MAX - 1, id);
}

void name_in_region(const char *arn, const char *region,
                    char out[STORE_ARN_MAX])
{
  static const char head[] = "arn:aws:secretsmanager:";
  const char *rest = arn + sizeof head - 1;

  /* Fits: regions are bounded as in meta_row. */
  (void)snprintf(out, STORE_ARN_MAX, "%s%s%s", head, region,
                 rest + strcspn(rest, ":"));
}

bool name_is_arn(const char *text)
{
  return strncmp(text, "arn:", 4) == 0;
}
