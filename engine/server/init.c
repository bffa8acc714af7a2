/* Root key first, store last: the store's name appears when it is whole, so
 * that a crash leaves something that init can go on with.
 */
#include "server/init.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/root_key.h"
#include "server/dev.h"
#include "server/keys.h"

/* Made, or ours alone from now on. */
static int folder_make(const char *path, struct err *e)
{
  struct stat st;

  if (mkdir(path, 0700) == 0)
    return 0;
  if (errno != EEXIST)
    return err_set(e, ERR_CONFIG,
                   "cannot make data_dir %s: %s; make it for the user that "
                   "keyturnd runs as (uid %ld), or set data_dir to another",
                   path, strerror(errno), (long)geteuid());
  if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
    return err_set(e, ERR_CONFIG,
                   "data_dir %s is no folder; set data_dir to another", path);
  /* Root could, and the daemon could not read what it makes. */
  if (geteuid() == 0 && st.st_uid != 0)
    return err_set(e, ERR_CONFIG,
                   "data_dir %s belongs to user id %ld: run keyturnd init as "
                   "that user, who keyturnd runs as",
                   path, (long)st.st_uid);
  if ((st.st_mode & 07777) != 0700 && chmod(path, 0700) != 0)
    return err_set(e, ERR_CONFIG,
                   "data_dir %s is another user's (mode %04o): give it to "
                   "this one, mode 0700",
                   path, (unsigned)st.st_mode & 07777);
  return 0;
}

static int refuse_second(const char *path, struct err *e)
{
  struct stat st;

  if (lstat(path, &st) == 0)
    return err_set(e, ERR_EXISTS,
                   "there is a store at %s already; nothing was changed", path);
  return 0;
}

static int root_key_have(const struct config *c, struct random *r,
                         struct init_result *out, struct err *e)
{
  int rc = root_key_create(config_text(c, root_key_file), r, e);

  out->made_root_key = rc == 0;
  if (rc == -ERR_EXISTS) {
    err_clear(e);
    return 0;
  }
  return rc;
}

static int store_make(const struct config *c, struct keyring *k,
                      struct random *r, struct meta_row *meta, struct err *e)
{
  int rc;

  memset(meta, 0, sizeof *meta);
  random_uuid(r, meta->store_id);
  memcpy(meta->region, config_text(c, region), /* both checked */
         strlen(config_text(c, region)));
  memcpy(meta->account, config_text(c, account),
         strlen(config_text(c, account)));
  meta->created_us = clock_now_us(clock_system());
  meta->key_check_len = KEYRING_CHECK_LEN;
  rc = keyring_check_make(k, meta->store_id, meta->key_check, e);
  return rc == 0 ? store_create(config_text(c, store), meta, e) : rc;
}

static int first_key(const struct config *c, struct keyring *k, int64_t now_us,
                     struct init_result *out, struct err *e)
{
  struct store *s;
  int rc = store_open(config_text(c, store), &s, e);

  if (rc != 0)
    return rc;
  rc = keys_load(k, s, now_us, e);
  if (rc == 0)
    memcpy(out->key_id, keyring_default(k), sizeof out->key_id);
  store_close(s);
  return rc;
}

int init_run(const struct config *c, struct init_result *out, struct err *e)
{
  struct random *r = random_system();
  struct keyring *k = NULL;
  struct meta_row meta;
  int rc = refuse_second(config_text(c, store), e);

  if (rc == 0)
    rc = folder_make(config_text(c, data_dir), e);
  if (rc == 0)
    rc = root_key_have(c, r, out, e);
  if (rc == 0)
    rc = keys_root(config_text(c, root_key_file), r, &k, e);
  if (rc == 0 && config_number(c, dev) != 0)
    rc = dev_mark(c, e);
  if (rc == 0)
    rc = store_make(c, k, r, &meta, e);
  if (rc == 0)
    rc = first_key(c, k, meta.created_us, out, e);
  if (rc == 0)
    memcpy(out->store_id, meta.store_id, sizeof out->store_id);
  keyring_free(k);
  return rc;
}
