/* keyturnd's settings: one table of names, types, defaults, ranges and help.
 *
 * A setting comes from an INI file (section [keyturnd], or none), then from
 * the environment (KEYTURN_NAME), which wins.  A key or variable that is not in
 * the table is refused with the nearest one that is; a value is refused with
 * what was expected, each naming FILE:LINE or the variable.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define CONFIG_FILE     "/etc/keyturn/keyturnd.conf"
#define CONFIG_TEXT_MAX 1024

enum config_type {
  CONFIG_TEXT,    /* char[CONFIG_TEXT_MAX] */
  CONFIG_REGION,  /* the same, checked */
  CONFIG_REGIONS, /* a list: server/region_list.h */
  CONFIG_ACCOUNT, /* twelve digits */
  CONFIG_NODE,    /* fits a lease's owner */
  CONFIG_LISTEN,  /* a list: server/listen_list.h */
  CONFIG_ADDRESS, /* numeric, with a port; or "" */
  CONFIG_LEVEL,   /* int64_t: enum log_level */
  CONFIG_CLIENTS, /* int64_t: enum tls_client_auth */
  CONFIG_TLS,     /* int64_t: 0 TLS 1.2, 1 TLS 1.3 */
  CONFIG_NUMBER,  /* int64_t */
  CONFIG_SECONDS, /* int64_t, milliseconds; written as 60, 60s, 2m, 500ms */
  CONFIG_BOOL     /* int64_t, 0 or 1 */
};

/* X(name, type, default, least, most, takes effect on reload, help).  The
 * range is of numbers (of seconds: in seconds); texts have a least length. */
#define CONFIG_TABLE(X)                                                       \
  X(data_dir, CONFIG_TEXT, "/var/lib/keyturn", 1, 0, false,                   \
    "folder of the store and the root key; keyturnd init makes it")           \
  X(store, CONFIG_TEXT, "", 0, 0, false,                                      \
    "file of the store; empty: keyturn.db in data_dir")                       \
  X(root_key_file, CONFIG_TEXT, "", 0, 0, false,                              \
    "file of the root key, mode 0600; empty: root.key in data_dir")           \
  X(audit_dir, CONFIG_TEXT, "", 0, 0, false,                                  \
    "folder of the audit trail, mode 0700; empty: audit in data_dir")         \
  X(audit_file_size, CONFIG_NUMBER, "64", 1, 4096, false,                     \
    "MiB of the audit trail in one file; each day (UTC) begins one, too")     \
  X(audit_digest, CONFIG_SECONDS, "3600", 1, 86400, false,                    \
    "how often a digest of the audit trail is signed")                        \
  X(audit_sync, CONFIG_BOOL, "yes", 0, 0, false,                              \
    "a change is answered when its audit record is on the disk; no: within "  \
    "a second, as that of a read")                                            \
  X(socket, CONFIG_TEXT, "/run/keyturn/keyturn.sock", 1, 0, false,            \
    "Unix socket of the API; who calls is known from the kernel")             \
  X(listen, CONFIG_LISTEN, "", 0, 0, false,                                   \
    "where the API listens on TCP; without tls only on this machine's own "   \
    "addresses, unless allow_plain_http; endpoint=NAME is what policies see " \
    "as aws:SourceVpce; empty: nowhere")                                      \
  X(allow_plain_http, CONFIG_BOOL, "no", 0, 0, false,                         \
    "plain HTTP on addresses that others reach, who then can read along; "    \
    "dev allows it, too")                                                     \
  X(tls_cert, CONFIG_TEXT, "", 0, 0, true,                                    \
    "file of the certificate and of those between it and the root, PEM")      \
  X(tls_key, CONFIG_TEXT, "", 0, 0, true,                                     \
    "file of the certificate's key, PEM, readable for nobody else")           \
  X(tls_min_version, CONFIG_TLS, "1.2", 0, 0, true,                           \
    "the oldest TLS that is spoken")                                          \
  X(tls_client_auth, CONFIG_CLIENTS, "off", 0, 0, true,                       \
    "whether clients show a certificate, besides signing their requests")     \
  X(tls_client_ca, CONFIG_TEXT, "", 0, 0, true,                               \
    "file of the roots of the clients' certificates, PEM")                    \
  X(max_connections, CONFIG_NUMBER, "10000", 1, 1000000, true,                \
    "open connections on TCP")                                                \
  X(max_per_address, CONFIG_NUMBER, "1000", 1, 1000000, true,                 \
    "of those, from one address; on the Unix socket, of one user")            \
  X(idle_timeout, CONFIG_SECONDS, "75", 1, 3600, true,                        \
    "how long a connection may be without a request")                         \
  X(request_timeout, CONFIG_SECONDS, "30", 1, 600, true,                      \
    "how long a client may take to send one request, and for the TLS "        \
    "handshake")                                                              \
  X(metrics_listen, CONFIG_ADDRESS, "", 0, 0, false,                          \
    "where GET /metrics is answered, by plain HTTP to whoever asks; empty: "  \
    "nowhere")                                                                \
  X(plugin_dir, CONFIG_TEXT, KEYTURN_PLUGIN_DIR, 1, 0, false,                 \
    "folder of the rotator plugins, NAME.so")                                 \
  X(rotator_program, CONFIG_TEXT, KEYTURN_ROTATOR_PROGRAM, 1, 0, false,       \
    "the program that holds a plugin")                                        \
  X(region, CONFIG_REGION, "us-east-1", 0, 0, false,                          \
    "region in the ARNs of a new store")                                      \
  X(replica_regions, CONFIG_REGIONS, "", 0, 0, false,                         \
    "regions that secrets can be replicated to, besides the store's own; "    \
    "requests are signed for one of these; empty: none")                      \
  X(account, CONFIG_ACCOUNT, "000000000000", 0, 0, false,                     \
    "account in the ARNs of a new store")                                     \
  X(log_level, CONFIG_LEVEL, "info", 0, 0, true,                              \
    "the least that is logged: debug, info, warn or error")                   \
  X(workers, CONFIG_NUMBER, "4", 1, 64, false, "threads of the API")          \
  X(max_rotations, CONFIG_NUMBER, "32", 1, 1024, true,                        \
    "rotations that act at once")                                             \
  X(max_per_rotator, CONFIG_NUMBER, "32", 1, 1024, true,                      \
    "of those, with one rotator")                                             \
  X(max_per_host, CONFIG_NUMBER, "32", 1, 1024, true,                         \
    "of those, on one target host (the secret's member host)")                \
  X(step_timeout, CONFIG_SECONDS, "60", 1, 3600, true,                        \
    "how long one step of a rotation may take")                               \
  X(retry_wait, CONFIG_SECONDS, "10", 0, 300, false,                          \
    "the wait after the first attempt of a step that may be tried again; "    \
    "doubles with each, up to 30 times this, and there are 10 attempts")      \
  X(settle_time, CONFIG_SECONDS, "60", 0, 3600, false,                        \
    "how long a change whose step died may still reach its target; at "       \
    "least step_timeout; the target is not asked for proof before")           \
  X(retire_wait, CONFIG_SECONDS, "300", 1, 3600, false,                       \
    "the wait until an old value that is still in use is retired again, "     \
    "288 times at most")                                                      \
  X(shutdown_grace, CONFIG_SECONDS, "20", 0, 600, true,                       \
    "how long running steps may go on when keyturnd is told to end; then "    \
    "they are cancelled, and one that does not listen ends at its deadline")  \
  X(lease, CONFIG_SECONDS, "60", 5, 3600, false,                              \
    "how long a rotation stays with a keyturnd that says nothing")            \
  X(admin_group, CONFIG_TEXT, "", 0, 0, false,                                \
    "members of this group may do everything, besides root")                  \
  X(node, CONFIG_NODE, "", 0, 0, false,                                       \
    "this keyturnd's name in leases; empty: the host's name")                 \
  X(dev, CONFIG_BOOL, "no", 0, 0, false,                                      \
    "for trials: makes its own store; an access key known to all on TCP")

enum config_key {
#define X(name, type, initial, least, most, reloads, help) CONFIG_KEY_##name,
  CONFIG_TABLE(X)
#undef X
      CONFIG_KEYS
};

union config_value {
  char text[CONFIG_TEXT_MAX];
  int64_t number;
};

struct config {
  union config_value values[CONFIG_KEYS];
};

/* config_text(c, data_dir), config_number(c, workers). */
#define config_text(c, name)   ((c)->values[CONFIG_KEY_##name].text)
#define config_number(c, name) ((c)->values[CONFIG_KEY_##name].number)

/* `path` NULL: CONFIG_FILE, which need not be there.  ERR_CONFIG with one line
 * for the person. */
int config_load(const char *path, struct config *out, struct err *e);

/* The table, for a person. */
void config_help(FILE *to);

const char *config_name(enum config_key key);
bool config_reloads(enum config_key key);
bool config_same(enum config_key key, const struct config *a,
                 const struct config *b);
/* As it could be written in the file. */
void config_show(enum config_key key, const struct config *c, char *out,
                 size_t size);

#endif
