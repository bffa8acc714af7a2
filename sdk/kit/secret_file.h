/* The file that names the kit's target, and the promise that no password
 * which the kit made is ever lost.
 *
 * FILE.json is the bare secret, or {"secret": {…}, "admin": {…}, "options":
 * {…}, "unreachable": {…}, "silent": {…}}.  While the kit runs, FILE.json.kit
 * has every value that may be live on the target; at a known end the value
 * that logs in is in FILE.json and the other file is gone.
 */
#ifndef KIT_SECRET_FILE_H
#define KIT_SECRET_FILE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

struct secret_file {
  char *path, *journal; /* FILE.json, FILE.json.kit */
  json_t *doc;          /* FILE.json as read */
  bool bare;
};

/* ERR_CONFIG when FILE.json.kit is there from a run that did not end. */
int secret_file_open(const char *path, struct secret_file *out, struct err *e);
void secret_file_close(struct secret_file *f);

/* A member beside the secret ("admin", …); borrowed; NULL: not there. */
json_t *secret_file_get(const struct secret_file *f, const char *key);
/* A fresh state for local_run.  *out: returned. */
int secret_file_state(const struct secret_file *f, json_t **out, struct err *e);

/* Durable before it returns. */
int secret_file_journal(const struct secret_file *f, const json_t *state,
                        struct err *e);
/* The state's AWSCURRENT becomes the file's secret. */
int secret_file_save(struct secret_file *f, const json_t *state, struct err *e);
/* Ends the journal: FILE.json alone is right now. */
int secret_file_settle(const struct secret_file *f, struct err *e);

#endif
