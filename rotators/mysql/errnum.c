/* errnum.c - the one table that turns error numbers into classes.
 *
 * The servers' texts are translated and differ between MariaDB and MySQL; the
 * numbers up to about 1900 are common to both, later ones mean one thing in
 * one product and are not used by the other.  So the number alone decides what
 * the engine does next.
 */
#include "errnum.h"

#include <stddef.h>

#include <keyturn/rotator.h>

static const struct errnum table[] = {
    /* Who may log in.  1045 is a wrong password and a missing account alike. */
    {1045, KT_AUTH, "password-refused",
     "the password is wrong, or there is no such account for this client's "
     "host, or the account wants TLS"},
    {1698, KT_AUTH, "password-refused",
     "the account takes no password: look at its authentication plugin"},
    {3118, KT_LOCKED, "account-locked", "ALTER USER … ACCOUNT UNLOCK"},
    {4151, KT_LOCKED, "account-locked", "ALTER USER … ACCOUNT UNLOCK"},
    {3955, KT_LOCKED, "account-blocked",
     "too many failed logins: find the client with the wrong password, then "
     "ALTER USER … ACCOUNT UNLOCK"},
    {4150, KT_LOCKED, "account-blocked",
     "max_password_errors reached: find the client with the wrong password, "
     "then FLUSH PRIVILEGES"},
    {1129, KT_LOCKED, "host-blocked",
     "this client's host is blocked by max_connect_errors: find out why, then "
     "FLUSH HOSTS"},
    {1130, KT_CONFIG, "host-refused",
     "no account admits this client's host: create one, or correct \"host\""},
    {1820, KT_CONFIG, "password-expired",
     "the password has expired: change it, or give the secret a \"masterarn\""},
    {1862, KT_CONFIG, "password-expired",
     "the password has expired: change it, or give the secret a \"masterarn\""},
    {1251, KT_CONFIG, "plugin-unknown",
     "the account's authentication plugin is not one for passwords"},
    {1524, KT_CONFIG, "plugin-unknown",
     "the server has not loaded the account's authentication plugin"},
    {2054, KT_CONFIG, "plugin-unknown",
     "the server wants a plugin that this client has not got"},
    {2058, KT_CONFIG, "plugin-unknown",
     "the client library misses the account's authentication plugin"},
    {2059, KT_CONFIG, "plugin-unknown",
     "the client library misses the account's authentication plugin"},
    {2061, KT_CONFIG, "plugin-unknown",
     "the account's plugin wants TLS, or the server's public key"},
    {1049, KT_CONFIG, "database-missing", "correct \"dbname\" in the secret"},
    /* TLS. */
    {2026, KT_CONFIG, "tls-untrusted",
     "look at \"sslmode\" and \"sslrootcert\" and the server's certificate"},
    {3159, KT_CONFIG, "tls-required",
     "the server takes logins over TLS only: set \"sslmode\""},
    /* Rights. */
    {1044, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1142, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1143, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1227, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1370, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1410, KT_DENIED, "right-missing",
     "grant the right; README.md lists what is needed"},
    {1961, KT_DENIED, "role-not-granted",
     "grant the role to the admin WITH ADMIN OPTION"},
    /* What is not there. */
    {1396, KT_MISSING, "account-missing",
     "create the account, or correct \"username\" and \"hosts\""},
    {1133, KT_MISSING, "account-missing",
     "create the account, or correct \"username\" and \"hosts\""},
    {1141, KT_MISSING, "grant-missing",
     "create the account, or correct \"username\" and \"hosts\""},
    {1959, KT_MISSING, "role-missing", "create the role, or correct \"role\""},
    {3523, KT_MISSING, "role-missing", "create the role, or correct \"role\""},
    {3530, KT_CONFIG, "role-not-granted", "grant the role to the account"},
    /* Not now. */
    {1040, KT_BUSY, "too-many-connections",
     "raise max_connections, or close sessions"},
    {1203, KT_BUSY, "too-many-connections",
     "raise max_user_connections, or close sessions"},
    {1226, KT_BUSY, "too-many-connections",
     "the account's own resource limit is reached"},
    {1037, KT_BUSY, "server-short", "the server is out of memory"},
    {1038, KT_BUSY, "server-short", "the server is out of memory"},
    {1041, KT_BUSY, "server-short", "the server is out of memory"},
    {1135, KT_BUSY, "server-short", "the server can make no thread"},
    {1053, KT_BUSY, "server-stopping", "the server is shutting down"},
    {1205, KT_BUSY, "lock-timeout", "another session holds the lock"},
    {1213, KT_BUSY, "conflict", "another transaction was in the way"},
    {1317, KT_BUSY, "interrupted", "somebody ended the statement"},
    {1969, KT_BUSY, "statement-timeout",
     "the statement did not end in the step's time"},
    {3024, KT_BUSY, "statement-timeout",
     "the statement did not end in the step's time"},
    {1047, KT_BUSY, "node-not-ready", "the cluster node is not ready"},
    /* The network, and the client library's words for it. */
    {1927, KT_UNREACHABLE, "connection-lost", "somebody ended the session"},
    {1158, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {1159, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {1160, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {1161, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {2002, KT_UNREACHABLE, "unreachable",
     "look at \"host\", \"port\" and the network"},
    {2003, KT_UNREACHABLE, "unreachable",
     "look at \"host\", \"port\" and the network"},
    {2004, KT_UNREACHABLE, "unreachable",
     "look at \"host\", \"port\" and the network"},
    {2005, KT_UNREACHABLE, "host-unknown",
     "the name does not resolve: look at \"host\" and DNS"},
    {2006, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {2007, KT_CONFIG, "protocol", "this is no MySQL server: look at \"port\""},
    {2009, KT_UNREACHABLE, "unreachable", "look at the network"},
    {2012, KT_UNREACHABLE, "no-answer",
     "the server accepts but does not answer"},
    {2013, KT_UNREACHABLE, "no-answer",
     "no answer in time, or the connection broke: look at the network and the "
     "server"},
    {2055, KT_UNREACHABLE, "connection-lost", "look at the network"},
    {2008, KT_BUSY, "no-memory", "no memory for a connection"},
    {2027, KT_CONFIG, "protocol", "this is no MySQL server: look at \"port\""},
    /* What the password policy says. */
    {1819, KT_POLICY, "password-rejected",
     "the server's password policy refuses the value"},
    {3638, KT_POLICY, "password-used-before",
     "the server's password history refuses the value"},
    /* A person must change something. */
    {1290, KT_CONFIG, "read-only",
     "the server's options forbid the statement; if it is read_only, name the "
     "primary in \"host\""},
    {1836, KT_CONFIG, "read-only", "name the primary in \"host\""},
    {3878, KT_CONFIG, "password-empty",
     "an empty password cannot be retained: give the account one first"},
    {3892, KT_CONFIG, "current-password-required",
     "the account must give its current password: give the secret a "
     "\"masterarn\""},
    {1372, KT_CONFIG, "verifier-refused",
     "the server takes no verifier computed on the client"},
    {1827, KT_CONFIG, "verifier-refused",
     "the server takes no verifier computed on the client"},
    {1470, KT_CONFIG, "name-too-long", "shorten \"username\" or \"role\""},
    {1064, KT_CONFIG, "server-unsupported",
     "use MariaDB 10.4 or newer, or MySQL 5.7 or newer"},
};

static const struct errnum other = {0, KT_CONFIG, "server-error",
                                    "look into the server's log"};

const struct errnum *errnum_find(unsigned number)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].number == number)
      return &table[i];
  return &other;
}

bool errnum_is_ambiguous(unsigned number)
{
  switch (number) {
  case 1053: /* the server stops: before or after it wrote? */
  case 1317:
  case 1927:
  case 1158:
  case 1159:
  case 1160:
  case 1161:
  case 2006:
  case 2013:
  case 2027:
  case 2055:
    return true;
  default:
    return false;
  }
}
