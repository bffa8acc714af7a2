/* What a request fails, told as AWS tells it: "Value 'x' at 'secretId' failed
 * to satisfy constraint: Member must …", all of them, joined by "; ". */
#ifndef API_FAILURES_H
#define API_FAILURES_H

#include "api/members.h"

/* Where a value is; spelled only when there is something to tell. */
struct place {
  const struct place *up; /* NULL: a member of the request */
  const char *name;       /* of a member; NULL: an item of a list */
  size_t item;
};

#define PLACE_TEXT_MAX 256

struct failures {
  unsigned n;
  size_t quote_max; /* bytes of a value that is quoted */
  bool is_cut;      /* some did not fit */
  size_t len;
  char text[ERR_TEXT_MAX - 40]; /* leaves room for the words before it */
};

void failures_init(struct failures *f, size_t quote_max);
/* The value at that place must do what it does not.  v NULL: it is not there.
 * One that does not fit is counted only. */
void failures_add(struct failures *f, const struct member_type *type,
                  const struct place *at, const json_t *v, const char *must);

/* As the request writes it: "RotationRules.Duration", "Tags[1].Key". */
void place_spell(const struct place *at, char out[PLACE_TEXT_MAX]);

#endif
