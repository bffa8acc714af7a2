/* The doors: no plain HTTP where others can listen in, unless the operator
 * wants it so; no TLS without what it needs.
 */
#include "server/config_check.h"

#include "api/tls_context.h"
#include "api/worker.h"
#include "server/listen_list.h"

static int plain_check(const struct config *c, const struct listen_entry *entry,
                       struct err *e)
{
  if (listen_is_loopback(entry->address) ||
      config_number(c, allow_plain_http) != 0 || config_number(c, dev) != 0)
    return 0;
  return err_set(e, ERR_CONFIG,
                 "listen %s: others can reach this address, and read along "
                 "with plain HTTP: write tls behind it and set tls_cert and "
                 "tls_key, or set allow_plain_http = yes",
                 entry->address);
}

static int tls_check(const struct config *c, const struct listen_entry *entry,
                     struct err *e)
{
  if (config_text(c, tls_cert)[0] == '\0' || config_text(c, tls_key)[0] == '\0')
    return err_set(e, ERR_CONFIG, "listen %s tls: set tls_cert and tls_key",
                   entry->address);
  if (config_number(c, tls_client_auth) != TLS_CLIENT_OFF &&
      config_text(c, tls_client_ca)[0] == '\0')
    return err_set(e, ERR_CONFIG,
                   "tls_client_auth: set tls_client_ca to the roots of the "
                   "clients' certificates");
  return 0;
}

int config_check(const struct config *c, struct err *e)
{
  struct listen_entry entries[LISTEN_LIST_MAX];
  size_t n = 0;
  int rc = 0;

  (void)listen_list_parse(config_text(c, listen), entries, &n); /* it was */
  for (size_t i = 0; rc == 0 && i < n; i++)
    rc = entries[i].is_tls ? tls_check(c, &entries[i], e)
                           : plain_check(c, &entries[i], e);
  return rc;
}
