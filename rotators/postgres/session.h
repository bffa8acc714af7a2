/* session.h - which of a secret's versions logs in, and who does the work. */
#ifndef POSTGRES_SESSION_H
#define POSTGRES_SESSION_H
#include "connect.h"

/* The logins of one step. */
struct logins {
  struct login current, pending, previous, admin;
  bool has_pending, has_previous, has_admin;
};

/* AWSCURRENT must be there; AWSPREVIOUS and the admin may be. AWSPENDING must
 * be there too if `need_pending`. */
int logins_read(struct kt_step *step, bool need_pending, struct logins *out);

/* Opens a session with the first of these that the server takes; only
 * KT_AUTH goes on to the next.  NULL entries are passed over. */
int session_open_first(struct kt_step *step, const struct login *const *logins,
                       size_t n, struct db *out, const struct login **out_used);

/* The admin's session, on a primary. */
int session_open_admin(struct kt_step *step, const struct logins *logins,
                       struct db *out);

/* Says more of a refused password than PostgreSQL does, as the admin: KT_OK
 * if the option `repair` allows to go on without a login that works. */
int session_explain_refusal(struct db *admin, const char *name);

#endif
