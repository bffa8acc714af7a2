/* sqlstate.c - the one table that turns SQLSTATEs into classes.
 *
 * PostgreSQL's texts are translated and change between releases; its codes are
 * not and do not.  So the code alone decides what the engine does next.  A row
 * of five characters wins over the row of its class (the first two).
 */
#include "sqlstate.h"

#include <stddef.h>
#include <string.h>

#include <keyturn/rotator.h>

static const struct sqlstate table[] = {
    /* Who may log in.  PostgreSQL says 28P01 for a wrong password, an unknown
     * role and an expired VALID UNTIL alike; the password is checked before
     * NOLOGIN is, so 28000 with the right password means NOLOGIN. */
    {"28P01", KT_AUTH, "password-refused",
     "the password is wrong or past its VALID UNTIL, or there is no such role"},
    {"28000", KT_LOCKED, "login-refused",
     "the role is NOLOGIN, or pg_hba.conf does not let it in from here with "
     "this sslmode"},
    {"0P000", KT_MISSING, "role-missing", "create the role or name another"},
    {"42704", KT_MISSING, "role-missing", "create the role or name another"},
    {"3D000", KT_CONFIG, "database-missing",
     "correct \"dbname\" in the secret"},
    {"57P04", KT_CONFIG, "database-missing",
     "correct \"dbname\" in the secret"},
    /* Rights. */
    {"42501", KT_DENIED, "right-missing",
     "grant the right; `check` lists what is needed"},
    {"0LP01", KT_DENIED, "grant-refused",
     "grant the role WITH ADMIN OPTION to the admin"},
    /* Not now. */
    {"53", KT_BUSY, "server-short", "the server is out of a resource"},
    {"53300", KT_BUSY, "too-many-connections",
     "raise max_connections or the role's CONNECTION LIMIT, or close sessions"},
    {"55P03", KT_BUSY, "lock-timeout", "another session holds the lock"},
    {"55006", KT_BUSY, "object-in-use", "another session uses the object"},
    {"57014", KT_BUSY, "statement-timeout",
     "the statement was cancelled or did not end in the step's time"},
    {"57P01", KT_BUSY, "server-stopping", "the server ended the session"},
    {"57P02", KT_BUSY, "server-stopping", "the server is recovering"},
    {"57P03", KT_BUSY, "server-starting", "the server takes no logins yet"},
    {"57P05", KT_BUSY, "session-timeout", "the server ended an idle session"},
    {"25P03", KT_BUSY, "session-timeout", "the server ended an idle session"},
    {"40", KT_BUSY, "conflict", "another transaction was in the way"},
    {"42710", KT_BUSY, "conflict", "somebody made the same role just now"},
    {"23505", KT_BUSY, "conflict", "somebody made the same role just now"},
    /* "tuple concurrently updated", when two sessions alter one role. */
    {"XX000", KT_BUSY, "conflict", "look into the server's log"},
    {"58", KT_BUSY, "server-fault", "look into the server's log"},
    {"XX", KT_BUSY, "server-fault", "look into the server's log"},
    /* The network, as a pooler or the server sees it. */
    {"08", KT_UNREACHABLE, "connection-lost", "look at the network"},
    {"08P01", KT_CONFIG, "protocol", "connect to PostgreSQL itself"},
    /* What passwordcheck and its kin say. */
    {"22023", KT_POLICY, "password-rejected",
     "a password module on the server refuses the value"},
    /* A person must change something. */
    {"25006", KT_CONFIG, "read-only", "name the primary in \"host\""},
    {"2BP01", KT_CONFIG, "dependent-grants",
     "the login granted a role to others: revoke those grants"},
    {"0A000", KT_CONFIG, "not-supported",
     "the server takes no SCRAM verifier: look at its password modules"},
    {"F0", KT_CONFIG, "server-config", "correct the server's configuration"},
    {"42", KT_CONFIG, "server-unsupported", "use PostgreSQL 12 or newer"},
};

static const struct sqlstate other = {"", KT_CONFIG, "server-error",
                                      "look into the server's log"};

const struct sqlstate *sqlstate_find(const char *state)
{
  const struct sqlstate *found = &other;
  for (size_t i = 0; state && i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].state, state) == 0)
      return &table[i];
    if (table[i].state[2] == '\0' && strncmp(table[i].state, state, 2) == 0)
      found = &table[i];
  }
  return found;
}
