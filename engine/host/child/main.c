/* keyturn-rotator: holds one plugin for keyturnd, in a process of its own.
 *
 *     keyturn-rotator PLUGIN.so STEPS
 *
 * Started by keyturnd only, with its end of a socketpair as descriptor 3.  It
 * gives up what it does not need, loads the plugin, says what is in it, and
 * runs up to STEPS steps at once until keyturnd asks it to end or is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "child/sandbox.h"
#include "child/session.h"
#include "host/wire.h"
#include "loader/loader.h"

/* What a process may lock without a privilege, by default. */
#define SECRET_HEAP_BYTES (8u << 20)

static struct session session;
/* Never closed: threads that the plugin's libraries made may run its code. */
static struct loader *loader;

static int usage(int status)
{
  FILE *to = status == 0 ? stdout : stderr;

  (void)fputs("keyturn-rotator " KEYTURN_VERSION
              ": the plugin host of keyturnd, which starts it.\n"
              "To try a plugin by hand, use: keyturn plugin test FILE\n",
              to);
  return status;
}

static bool steps_parse(const char *text, size_t *out)
{
  char *end;
  unsigned long n = strtoul(text, &end, 10);

  if (*end != '\0' || n < 1 || n > SESSION_STEPS_MAX)
    return false;
  *out = n;
  return true;
}

static int serve(const char *path, size_t steps, struct err *e)
{
  int rc = loader_open(path, 0, &loader, e);

  if (rc == 0)
    rc = session_init(&session, WIRE_CHILD_FD, loader, steps, e);
  if (rc == 0) {
    session_describe(&session);
    session_run(&session);
  }
  session_release(&session);
  return rc;
}

int main(int argc, char **argv)
{
  struct err e = {0};
  struct stat st;
  bool is_locked;
  size_t steps;
  int rc;

  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    return printf("keyturn-rotator %s\n", KEYTURN_VERSION) < 0;
  if (argc == 2 && strcmp(argv[1], "--help") == 0)
    return usage(0);
  if (argc != 3 || !steps_parse(argv[2], &steps) ||
      fstat(WIRE_CHILD_FD, &st) != 0 || !S_ISSOCK(st.st_mode))
    return usage(2);
  rc = sandbox_enter(&e);
  if (rc == 0)
    rc = secret_heap_init(SECRET_HEAP_BYTES, &is_locked, &e);
  if (rc == 0)
    rc = serve(argv[1], steps, &e);
  if (rc != 0)
    session_refuse(WIRE_CHILD_FD, e.text);
  return rc == 0 ? 0 : 1;
}
