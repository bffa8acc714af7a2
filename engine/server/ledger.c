/* Opened in the order in which one needs the other. */
#include "server/ledger.h"

#include "api/ops.h"

static int audit_start(struct ledger *l, const struct config *c,
                       struct store *s, struct keyring *k, struct err *e)
{
  const struct audit_options o = {
      .folder = config_text(c, audit_dir),
      .store = s,
      .keyring = k,
      .clock = clock_system(),
      .random = random_system(),
      .file_bytes = config_number(c, audit_file_size) << 20,
      .digest_us = config_number(c, audit_digest) * US_PER_MS,
      .sync_changes = config_number(c, audit_sync) != 0,
  };

  return audit_open(&o, &l->audit, e);
}

static int metrics_start(struct ledger *l, struct store *s, struct err *e)
{
  const struct metrics_options o = {.actions = op_targets(),
                                    .n_actions = op_count(),
                                    .store = s,
                                    .audit = l->audit,
                                    .clock = clock_system(),
                                    .version = KEYTURN_VERSION};

  return metrics_new(&o, &l->metrics, e);
}

int ledger_open(struct ledger *l, const struct config *c, struct store *s,
                struct keyring *k, struct err *e)
{
  int rc = audit_start(l, c, s, k, e);

  if (rc == 0)
    rc = usage_open(s, clock_system(), &l->usage, e);
  return rc == 0 ? metrics_start(l, s, e) : rc;
}

void ledger_close(struct ledger *l)
{
  metrics_free(l->metrics);
  usage_close(l->usage);
  audit_close(l->audit);
  *l = (struct ledger){0};
}

void ledger_write_metrics(void *ctx, struct buf *out)
{
  const struct ledger *l = ctx;

  metrics_write(l->metrics, out);
}
