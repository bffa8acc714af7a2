/* Any spelling of a secret to its row.
 *
 * A partial ARN is one without the suffix.  Where the text could be both a
 * full and a partial ARN, the full one wins: a name that itself ends in a
 * hyphen and six characters is not found by its partial ARN, as at AWS.
 */
#include "secret/resolve.h"

#include <string.h>

#include "secret/name.h"

static int not_found(struct err *e)
{
  return err_set(e, ERR_NOT_FOUND,
                 "Secrets Manager can't find the specified secret.");
}

/* The part of a secret's ARN behind ":secret:", or NULL. */
static const char *arn_name(const char *arn)
{
  const char *mark = strstr(arn, ":secret:");

  return mark == NULL ? NULL : mark + strlen(":secret:");
}

int secret_resolve(struct store *s, const char *region, const char *id,
                   struct secret_row *out, struct err *e)
{
  struct err inner = {0};
  int rc;

  if (!name_is_arn(id)) {
    rc = name_check(id, e);
    if (rc != 0)
      return rc;
    rc = store_secret_by_name(s, region, id, out, &inner);
  } else {
    const char *name = arn_name(id);

    if (strlen(id) >= STORE_ARN_MAX || name == NULL || *name == '\0')
      return not_found(e);
    rc = store_secret_by_arn(s, id, out, &inner);
    if (rc == -ERR_NOT_FOUND) {
      size_t len = strlen(name);

      if (len > NAME_SUFFIX_LEN && name[len - NAME_SUFFIX_LEN - 1] == '-')
        return not_found(e);
      rc = store_secret_by_partial_arn(s, id, out, &inner);
    }
  }
  if (rc == -ERR_NOT_FOUND || (rc == 0 && strcmp(out->region, region) != 0))
    return not_found(e);
  if (rc != 0)
    return err_set(e, inner.code, "%s", inner.text);
  return 0;
}

int secret_resolve_live(struct store *s, const char *region, const char *id,
                        struct secret_row *out, struct err *e)
{
  int rc = secret_resolve(s, region, id, out, e);

  if (rc != 0)
    return rc;
  if (out->deleted_us != 0)
    return err_set(e, ERR_REQUEST,
                   "You can't perform this operation on the secret because "
                   "it was marked for deletion.");
  return 0;
}
