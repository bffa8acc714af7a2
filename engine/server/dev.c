/* The mark is an empty file, STORE.development. */
#include "server/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/authenticate.h"
#include "base/log.h"
#include "server/init.h"

#define MARK ".development"

struct mark {
  char path[CONFIG_TEXT_MAX + sizeof MARK];
};

static struct mark mark_of(const struct config *c)
{
  struct mark m;

  (void)snprintf(m.path, sizeof m.path, "%s" MARK,
                 config_text(c, store)); /* it fits */
  return m;
}

int dev_mark(const struct config *c, struct err *e)
{
  struct mark m = mark_of(c);
  int fd = open(m.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    return err_set(e, ERR_IO, "cannot make %s: %s", m.path, strerror(errno));
  (void)close(fd); /* nothing was written */
  return 0;
}

static int mark_want(const struct config *c, struct err *e)
{
  struct mark m = mark_of(c);

  if (access(m.path, F_OK) == 0)
    return 0;
  return err_set(e, ERR_CONFIG,
                 "KEYTURN_DEV is set, but the store at %s was not made in "
                 "development mode, whose access key everybody knows: unset "
                 "KEYTURN_DEV, or name another data_dir",
                 config_text(c, store));
}

int dev_prepare(const struct config *c, struct err *e)
{
  struct init_result made;
  int rc = init_run(c, &made, e);

  if (rc == -ERR_EXISTS) {
    err_clear(e);
    rc = mark_want(c, e);
  }
  if (rc != 0)
    return rc;
  log_warn("DEVELOPMENT_MODE", log_str("store", config_text(c, store)),
           log_str("listen", config_text(c, listen)),
           log_str("access_key_id", DEV_ACCESS_KEY_ID),
           log_str("next", "everybody knows this access key, and it may do "
                           "everything: keep nothing in this store that is "
                           "worth keeping secret"));
  return 0;
}
