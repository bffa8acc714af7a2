/* The API's client: JSON over HTTP over keyturnd's Unix socket.
 *
 * libcurl and jansson allocate from secret memory (base/secret.h), for values
 * pass through both.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <curl/curl.h>

#include "base/buf.h"
#include "base/json.h"

#define CLIENT_SOCKET "/run/keyturn/keyturn.sock"

struct client {
  CURL *curl;
  struct curl_slist *headers;
  char socket[108];
  char request_id[40]; /* of the last call; "" when there was no answer */
  char fault[64];      /* the last error's name, as the API spells it */
  struct buf body, reply;
};

/* Makes the secret memory and libcurl's state for the process; call once,
 * before any JSON. */
int client_init(struct client *c, const char *socket, struct err *e);
void client_release(struct client *c);

/* `target`: "secretsmanager.GetSecretValue".  `in`: borrowed; NULL is {}.
 * *out: returned, json_decref.  ERR_UNREACHABLE when nobody answers; the
 * API's own errors by their names, unknown ones as ERR_INTERNAL. */
int client_call(struct client *c, const char *target, const json_t *in,
                json_t **out, struct err *e);

/* The same with the one member SecretId. */
int client_call_secret(struct client *c, const char *target, const char *name,
                       json_t **out, struct err *e);

/* Calls until no NextToken comes and hands each element of the list `member`
 * to `each`; stops when that returns non-zero.  `in`: borrowed, changed. */
int client_each(struct client *c, const char *target, json_t *in,
                const char *member,
                int (*each)(void *arg, const json_t *one, struct err *e),
                void *arg, struct err *e);

/* A member that is a time, in microseconds since 1970; 0: none. */
int64_t client_time(const json_t *object, const char *key);

/* A new UUID as ClientRequestToken in `in`. */
void client_token(json_t *in);

#endif
