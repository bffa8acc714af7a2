/* session.h - which of a secret's versions logs in, and who does the work. */
#ifndef MYSQL_SESSION_H
#define MYSQL_SESSION_H
#include "connect.h"

/* The logins of one step. */
struct logins {
  struct login current, pending, previous, admin;
  bool has_previous, has_admin;
};

/* AWSCURRENT must be there; AWSPREVIOUS and the admin may be.  AWSPENDING must
 * be there too if `need_pending`. */
int logins_read(struct kt_step *step, bool need_pending, struct logins *out);

/* KT_CONFIG unless AWSPENDING is of AWSCURRENT's user and server. */
int logins_require_same(struct kt_step *step, const struct logins *logins);

/* KT_CONFIG without an admin. */
int logins_require_admin(struct kt_step *step, const struct logins *logins);

/* Opens a session with the first of these that the server takes; only
 * KT_AUTH goes on to the next.  NULL entries are passed over. */
int session_open_first(struct kt_step *step, const struct login *const *logins,
                       size_t n, unsigned flags, struct db *out,
                       const struct login **out_used);

/* The admin's session, on a primary. */
int session_open_admin(struct kt_step *step, const struct logins *logins,
                       struct db *out);

/* Logs in and out again. */
int session_try(struct kt_step *step, const struct login *login);

/* No stored password is taken: KT_OK if the option `repair` lets the admin
 * go on all the same. */
int session_judge_drift(struct kt_step *step, const char *user,
                        const char *host);

#endif
