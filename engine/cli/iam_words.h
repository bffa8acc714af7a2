/* What the commands under `keyturn iam` share: whom a command is about, how
 * tags are given, and calls whose answer is only that it was done. */
#ifndef CLI_IAM_WORDS_H
#define CLI_IAM_WORDS_H

#include "base/json.h"
#include "cli/client.h"
#include "cli/command.h"

/* The second word of "iam user create". */
struct kind_word {
  char text[8];
};
struct kind_word iam_kind_of(const struct args *a);
/* "user/NAME" as a new JSON text, for a command of one kind. */
json_t *iam_entity_of(const struct args *a, const char *name);

/* A managed policy by NAME, policy/NAME or its ARN. */
json_t *iam_policy_of(const char *name);

/* --tag KEY=VALUE as often as it is given; ERR_PARAMETER for another form. */
int iam_tags_set(json_t *in, const struct args *a, struct err *e);
/* KEY=VALUE. */
json_t *iam_tag_of(const char *text);
/* A text from a file, or from standard input for "-". */
int iam_document_set(json_t *in, const char *member, const char *path,
                     struct err *e);
/* A member from an option that may not be given. */
int iam_text_set(json_t *in, const char *member, const char *text,
                 struct err *e);

/* *out: NULL where there is none of that name; else returned, json_decref. */
int iam_entity_get(struct client *c, const char *kind, const char *name,
                   json_t **out, struct err *e);
/* Calls, and says `done` (a line) unless the reply goes out as JSON. */
int iam_call(struct cli *cli, const char *target, const json_t *in,
             struct err *e, const char *done, ...)
    __attribute__((format(printf, 5, 6)));

#endif
