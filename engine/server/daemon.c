/* The order of things: store, keys, sockets, plugins, scheduler, API; ready.
 * And back: a signal drains the scheduler, then the API's threads are joined,
 * the plugins' processes ended, the store closed.
 */
#include "server/daemon.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/authenticate.h"
#include "api/target.h"
#include "api/verifiers.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "rotation/journal_store.h"
#include "secret/resource_policy.h"
#include "server/dev.h"
#include "server/door.h"
#include "server/keys.h"
#include "server/ledger.h"
#include "server/notify.h"
#include "server/port.h"
#include "server/region_list.h"

#define PLUGIN_GRACE_MS 2000

enum { SIGNALS = 4 };

struct daemon {
  const char *path;
  struct config config;
  uv_loop_t loop;
  uv_signal_t signals[SIGNALS];
  size_t n_signals;   /* of them, open */
  uv_prepare_t watch; /* for events of the audit trail */
  bool has_watch;
  uint64_t seen; /* of the store's changes */
  struct store *store;
  struct keyring *keyring;
  struct directory *directory;
  struct ledger ledger;
  struct verifiers *verifiers;
  struct random_pool *ids;
  struct resource_policies *policies;
  struct region_list replica_regions;
  struct journal_store journal;
  struct door door;
  struct supervisor *supervisor;
  struct scheduler *scheduler;
  struct port port;
  struct api api;
  bool is_stopping;
};

/* ---- the end ----------------------------------------------------------------
 */

static void signals_close(void *ctx)
{
  struct daemon *d = ctx;

  d->supervisor = NULL;
  for (size_t i = 0; i < d->n_signals; i++)
    if (!uv_is_closing((uv_handle_t *)&d->signals[i]))
      uv_close((uv_handle_t *)&d->signals[i], NULL);
  if (d->has_watch && !uv_is_closing((uv_handle_t *)&d->watch))
    uv_close((uv_handle_t *)&d->watch, NULL);
}

static void on_scheduler_closed(void *ctx)
{
  struct daemon *d = ctx;

  d->scheduler = NULL;
  if (d->supervisor != NULL)
    supervisor_close(d->supervisor, PLUGIN_GRACE_MS, signals_close, d);
  else
    signals_close(d);
}

/* No step runs: nothing more will happen but answers of the API. */
static void on_drained(void *ctx)
{
  struct daemon *d = ctx;

  door_stop(&d->door);
  scheduler_close(d->scheduler, on_scheduler_closed, d);
}

static void stop(struct daemon *d, int signum)
{
  int64_t grace_ms = config_number(&d->config, shutdown_grace);

  if (d->is_stopping) {
    log_warn("stopping_now", log_int("signal", signum),
             log_str("next", "running steps are cancelled and journaled"));
    grace_ms = 0;
  } else {
    notify("STOPPING=1");
    log_info("stopping", log_int("signal", signum),
             log_int("grace_ms", grace_ms));
  }
  d->is_stopping = true;
  scheduler_drain(d->scheduler, grace_ms, on_drained, d);
}

/* ---- reload
 * ------------------------------------------------------------------- */

static struct limits limits_of(const struct config *c)
{
  return (struct limits){.in_all = (unsigned)config_number(c, max_rotations),
                         .per_rotator =
                             (unsigned)config_number(c, max_per_rotator),
                         .per_host = (unsigned)config_number(c, max_per_host)};
}

static struct retry_waits waits_of(const struct config *c)
{
  return (struct retry_waits){
      .first_us = config_number(c, retry_wait) * US_PER_MS,
      .settle_us = config_number(c, settle_time) * US_PER_MS,
      .retire_every_us = config_number(c, retire_wait) * US_PER_MS};
}

/* One thread is left to answer everybody else. */
static unsigned checks_max(const struct config *c)
{
  int64_t workers = config_number(c, workers);

  return workers > 1 ? (unsigned)workers - 1 : 1;
}

static void apply(struct daemon *d)
{
  const struct config *c = &d->config;
  struct limits limits = limits_of(c);

  log_set_level((enum log_level)config_number(c, log_level));
  scheduler_set_limits(d->scheduler, &limits);
  scheduler_set_step_timeout(d->scheduler, config_number(c, step_timeout));
  door_reload(&d->door, c);
}

static void take(struct daemon *d, const struct config *new,
                 enum config_key key)
{
  char from[CONFIG_TEXT_MAX], to[CONFIG_TEXT_MAX];

  if (config_same(key, &d->config, new))
    return;
  config_show(key, &d->config, from, sizeof from);
  config_show(key, new, to, sizeof to);
  if (config_reloads(key)) {
    d->config.values[key] = new->values[key];
    log_info("setting_changed", log_str("setting", config_name(key)),
             log_str("from", from), log_str("to", to));
  } else {
    log_warn("setting_not_changed", log_str("setting", config_name(key)),
             log_str("from", from), log_str("to", to),
             log_str("next", "takes effect when keyturnd is started again"));
  }
}

static void reload(struct daemon *d)
{
  CLEANUP_FREE struct config *new = malloc(sizeof *new);
  struct err e = {0};
  int rc = new == NULL ? err_set(&e, ERR_NOMEM, "out of memory")
                       : config_load(d->path, new, &e);

  if (rc != 0) {
    log_error("reload_refused", log_str("error", e.text),
              log_str("next", "settings and plugins stay as they were"));
    return;
  }
  for (int key = 0; key < CONFIG_KEYS; key++)
    take(d, new, (enum config_key)key);
  apply(d);
  rc = supervisor_reload(d->supervisor, &e);
  if (rc != 0)
    log_error("plugins_not_reloaded", log_str("error", e.text),
              log_str("next", "the plugins stay as they were"));
  log_info("reloaded",
           log_str("plugin_dir", config_text(&d->config, plugin_dir)));
}

/* Ends what a script left running when it became us by exec, which as process
 * 1 of a container nobody else would.  Plugins are in process groups of their
 * own, so that this never takes one from libuv. */
static void reap(void)
{
  while (waitpid(0, NULL, WNOHANG) > 0)
    ;
}

static void on_signal(uv_signal_t *handle, int signum)
{
  struct daemon *d = handle->data;

  if (signum == SIGCHLD)
    reap();
  else if (signum != SIGHUP)
    stop(d, signum);
  else if (!d->is_stopping)
    reload(d);
}

/* ---- the start
 * ----------------------------------------------------------------- */

static void on_notice(void *ctx, enum log_level level, const char *plugin,
                      const char *text)
{
  (void)ctx;
  log_event(level, "plugin", log_str("plugin", plugin), log_str("text", text));
}

static int directory_prepare(struct daemon *d, struct err *e)
{
  int rc = directory_new(d->store, d->keyring, clock_system(), random_system(),
                         &d->directory, e);

  if (rc == 0 && config_number(&d->config, dev) != 0) {
    rc = directory_add_root_key(d->directory, DEV_ACCESS_KEY_ID,
                                DEV_SECRET_ACCESS_KEY, e);
    if (rc == 0) /* what people put where anything will do */
      rc = directory_add_root_key(d->directory, "test", "test", e);
  }
  return rc;
}

static int store_prepare(struct daemon *d, struct err *e)
{
  const struct config *c = &d->config;
  struct random *r = random_system();
  int rc = config_number(c, dev) == 0 ? 0 : dev_prepare(c, e);

  if (rc == 0)
    rc = store_open(config_text(c, store), &d->store, e);
  if (rc == -ERR_NOT_FOUND)
    rc = err_set(e, ERR_NOT_FOUND,
                 "there is no store at %s; make one by keyturnd init%s%s, or "
                 "set data_dir (or store) to where it is",
                 config_text(c, store), d->path == NULL ? "" : " --config ",
                 d->path == NULL ? "" : d->path);
  if (rc == 0)
    rc = keys_root(config_text(c, root_key_file), r, &d->keyring, e);
  if (rc == 0)
    rc = keys_load(d->keyring, d->store, clock_now_us(clock_system()), e);
  if (rc == -ERR_CONFIG && d->keyring != NULL) /* not this store's */
    return err_wrap(e, "root key %s", config_text(c, root_key_file));
  if (rc == 0)
    rc = directory_prepare(d, e);
  if (rc == 0)
    rc = resource_policies_new(d->store, &d->policies, e);
  if (rc == 0)
    rc = random_pool_new(random_system(), &d->ids, e);
  return rc == 0 ? verifiers_new(&d->verifiers, e) : rc;
}

static int engine_open(struct daemon *d, struct err *e)
{
  const struct config *c = &d->config;
  const struct supervisor_options plugins = {
      .plugin_dir = config_text(c, plugin_dir),
      .rotator_path = config_text(c, rotator_program),
      .notice = on_notice,
  };
  struct scheduler_options o = {
      .loop = &d->loop,
      .store = d->store,
      .clock = clock_system(),
      .random = random_system(),
      .owner = config_text(c, node),
      .lease_us = config_number(c, lease) * US_PER_MS,
      .step_timeout_ms = config_number(c, step_timeout),
      .waits = waits_of(c),
      .limits = limits_of(c),
      .checks_max = checks_max(c),
  };
  int rc = supervisor_open(&d->loop, &plugins, &d->supervisor, e);

  if (rc != 0)
    return rc;
  journal_store_init(&d->journal, d->store, d->keyring, clock_system());
  o.journal = &d->journal.journal;
  o.runner = supervisor_runner(d->supervisor);
  rc = scheduler_open(&o, &d->scheduler, e);
  if (rc == 0)
    port_init(&d->port, d->scheduler, d->supervisor);
  return rc;
}

static int group_find(struct daemon *d, struct err *e)
{
  const char *name = config_text(&d->config, admin_group);
  const struct group *g;

  if (name[0] == '\0')
    return 0;
  errno = 0;
  g = getgrnam(name);
  if (g == NULL)
    return err_set(e, ERR_CONFIG, "admin_group %s: %s", name,
                   errno == 0 ? "there is no such group" : strerror(errno));
  d->api.has_admin_gid = true;
  d->api.admin_gid = g->gr_gid;
  return 0;
}

/* Home first; it may be among the others, too. */
static void regions_prepare(struct daemon *d)
{
  struct region_list *others = &d->replica_regions;

  d->api.regions[d->api.n_regions++] = d->api.region;
  (void)region_list_parse(config_text(&d->config, replica_regions),
                          others); /* it was */
  for (size_t i = 0; i < others->n; i++)
    if (strcmp(others->names[i], d->api.region) != 0)
      d->api.regions[d->api.n_regions++] = others->names[i];
}

static int api_start(struct daemon *d, struct err *e)
{
  struct meta_row meta;

  store_meta(d->store, &meta);
  d->api.store = d->store;
  d->api.keyring = d->keyring;
  d->api.directory = d->directory;
  d->api.clock = clock_system();
  d->api.random = random_system();
  d->api.ids = random_pool_random(d->ids);
  d->api.port = &d->port.engine;
  d->api.audit = d->ledger.audit;
  d->api.usage = d->ledger.usage;
  d->api.metrics = d->ledger.metrics;
  d->api.verifiers = d->verifiers;
  d->api.policies = d->policies;
  memcpy(d->api.region, meta.region, sizeof d->api.region);
  regions_prepare(d);
  memcpy(d->api.account, meta.account, sizeof d->api.account);
  memcpy(d->api.store_id, meta.store_id, sizeof d->api.store_id);
  d->api.started_us = clock_now_us(clock_system());
  d->api.settle_us = waits_of(&d->config).settle_us;
  d->api.dev = config_number(&d->config, dev) != 0;
  return door_start(&d->door, &d->config, api_handle, &d->api,
                    ledger_write_metrics, &d->ledger, e);
}

/* Before the loop waits, so after whatever it did, timers included: that may
 * have changed the store, and left events there. */
static void on_loop(uv_prepare_t *watch)
{
  struct daemon *d = watch->data;
  uint64_t seen = store_change_count(d->store);

  if (seen != d->seen)
    audit_wake(d->ledger.audit);
  d->seen = seen;
}

static int watch_open(struct daemon *d, struct err *e)
{
  int rc = uv_prepare_init(&d->loop, &d->watch);

  d->watch.data = d;
  d->has_watch = rc == 0;
  if (rc == 0)
    rc = uv_prepare_start(&d->watch, on_loop);
  return rc == 0 ? 0
                 : err_set(e, ERR_INTERNAL, "cannot watch the loop: %s",
                           uv_strerror(rc));
}

static int signals_open(struct daemon *d, struct err *e)
{
  static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

  for (size_t i = 0; i < SIGNALS; i++) {
    int rc = uv_signal_init(&d->loop, &d->signals[i]);

    d->signals[i].data = d;
    d->n_signals += rc == 0;
    if (rc == 0)
      rc = uv_signal_start(&d->signals[i], on_signal, numbers[i]);
    if (rc != 0)
      return err_set(e, ERR_INTERNAL, "cannot wait for signals: %s",
                     uv_strerror(rc));
  }
  return 0;
}

static void say_ready(struct daemon *d, int64_t started_us)
{
  size_t n = supervisor_rotators(d->supervisor, NULL, 0);

  log_info(
      "ready", log_str("version", KEYTURN_VERSION),
      log_str("socket", config_text(&d->config, socket)),
      log_int("port", d->door.port), log_int("rotators", (int64_t)n),
      log_str("node", config_text(&d->config, node)),
      log_int("ms", (clock_mono_us(clock_system()) - started_us) / US_PER_MS));
  notify("READY=1");
}

static int start(struct daemon *d, struct err *e)
{
  int rc = group_find(d, e);

  if (rc == 0)
    rc = store_prepare(d, e);
  if (rc == 0)
    rc = ledger_open(&d->ledger, &d->config, d->store, d->keyring, e);
  if (rc == 0)
    rc = door_open(&d->door, &d->config, e);
  if (rc == 0)
    rc = engine_open(d, e);
  if (rc == 0)
    rc = watch_open(d, e);
  if (rc == 0)
    rc = signals_open(d, e); /* before anybody can see that we are here */
  if (rc == 0)
    rc = api_start(d, e);
  return rc;
}

/* What start got open before it failed. */
static void abandon(struct daemon *d)
{
  door_stop(&d->door);
  if (d->scheduler != NULL)
    scheduler_close(d->scheduler, on_scheduler_closed, d);
  else if (d->supervisor != NULL)
    supervisor_close(d->supervisor, 0, NULL, NULL);
}

static void release(struct daemon *d)
{
  door_close(&d->door, &d->config);
  verifiers_free(d->verifiers);
  random_pool_free(d->ids);
  resource_policies_free(d->policies);
  directory_free(d->directory);
  ledger_close(&d->ledger);
  keyring_free(d->keyring);
  store_close(d->store);
  free(d);
}

int daemon_run(const char *path, const struct config *c, int64_t started_us,
               struct err *e)
{
  struct daemon *d = calloc(1, sizeof *d);
  int rc;

  if (d == NULL || uv_loop_init(&d->loop) != 0) {
    free(d);
    return err_set(e, ERR_NOMEM, "no memory for the daemon");
  }
  d->path = path;
  d->config = *c;
  d->door.unix_fd = -1;
  (void)signal(SIGPIPE, SIG_IGN); /* write(2) says it; cannot fail */
  log_set_level((enum log_level)config_number(c, log_level));
  rc = start(d, e);
  if (rc == 0)
    say_ready(d, started_us);
  else
    abandon(d);
  (void)uv_run(&d->loop, UV_RUN_DEFAULT); /* until every handle is closed */
  if (uv_loop_close(&d->loop) != 0)
    log_error("loop_busy", log_str("next", "ends all the same"));
  release(d);
  if (rc == 0)
    log_write(LOG_INFO_, "stopped", NULL, 0);
  return rc;
}
