/* Process-wide measures, in order: nothing is inherited but the socket to
 * keyturnd and the standard descriptors (which the supervisor points at
 * /dev/null), nothing can be gained by exec, nothing outlives keyturnd.
 * Core dumps and ptrace by others are turned off with the secret heap.
 *
 * Not done here: a filter of system calls and of paths.  Both would be entered
 * at the end of sandbox_enter; until then a plugin can do whatever the
 * account of the process may.  RLIMIT_NPROC counts the whole account's
 * processes, keyturnd's too, so it is left alone.
 */
#include "child/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/wire.h"

#define ADDRESS_SPACE_MAX (8ULL << 30)
#define DESCRIPTORS_MAX   1024

/* AddressSanitizer maps terabytes of shadow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0
#elif defined(__has_feature)
#define LIMIT_MEMORY !__has_feature(address_sanitizer)
#else
#define LIMIT_MEMORY 1
#endif

static const char *const env_kept[] = {
    "HOME=",         "LC_ALL=",       "KEYTURN_FAULT=", /* in test builds */
    "ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS=",
};

static int failed(struct err *e, const char *what)
{
  return err_set(e, ERR_INTERNAL, "%s: %s", what, strerror(errno));
}

/* Client libraries read dozens of variables (PGHOST, MYSQL_…, SSL_CERT_FILE,
 * http_proxy); none may bend where a secret goes. */
static void environment_filter(void)
{
  char **to = environ;

  for (char **from = environ; *from != NULL; from++)
    for (size_t i = 0; i < sizeof env_kept / sizeof env_kept[0]; i++)
      if (strncmp(*from, env_kept[i], strlen(env_kept[i])) == 0)
        *to++ = *from;
  *to = NULL;
}

static int limit(int what, rlim_t most)
{
  struct rlimit r;

  if (getrlimit(what, &r) != 0)
    return -1;
  if (r.rlim_max > most)
    r.rlim_max = most;
  r.rlim_cur = r.rlim_max;
  return setrlimit(what, &r);
}

/* Signals that a terminal or a service manager sends to a whole group:
 * keyturnd decides when we end, so that no step is cut in two. */
static void signals_ignore(void)
{
  static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE};

  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
    (void)signal(ignored[i], SIG_IGN); /* cannot fail for these numbers */
}

int sandbox_enter(struct err *e)
{
  environment_filter();
  (void)umask(077); /* cannot fail */
  signals_ignore();
  if (close_range(WIRE_CHILD_FD + 1, ~0u, 0) != 0)
    return failed(e, "cannot close inherited descriptors");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return failed(e, "cannot tie the process to keyturnd");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return failed(e, "cannot give privileges up");
  if (limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) != 0 ||
      limit(RLIMIT_CORE, 0) != 0 ||
      (LIMIT_MEMORY && limit(RLIMIT_AS, ADDRESS_SPACE_MAX) != 0))
    return failed(e, "cannot set resource limits");
  return 0;
}
