/* The folder of an audit trail.
 *
 *     audit-YYYY-MM-DD-NNNNNNNNNNNN.jsonl  the lines; N: sequence of the first
 *     digests.jsonl                        the signed digests (digest.h)
 *     public-key.pem                       what verifies them
 */
#ifndef EVENT_TRAIL_FOLDER_H
#define EVENT_TRAIL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TRAIL_NAME_MAX   48
#define TRAIL_DIGESTS    "digests.jsonl"
#define TRAIL_PUBLIC_KEY "public-key.pem"

struct trail_file {
  char name[TRAIL_NAME_MAX];
  int64_t first; /* sequence of its first line, by its name */
};

/* The day of `time_us` (UTC) and the first sequence make a name. */
void trail_name(int64_t time_us, int64_t first, char out[TRAIL_NAME_MAX]);
/* The files in order of `first`.  *out: returned, free(); *out_n may be 0.
 * ERR_NOT_FOUND: there is no such folder. */
int trail_list(const char *folder, struct trail_file **out, size_t *out_n,
               struct err *e);

/* A file as it was when it was read, and not mapped: who cuts a file that is
 * mapped ends the process that looks at it. */
struct trail_text {
  const char *data; /* owned; NULL when it is empty */
  size_t len;
};

/* ERR_NOT_FOUND: there is none.  *out: released by trail_text_release. */
int trail_text_read(const char *folder, const char *name,
                    struct trail_text *out, struct err *e);
void trail_text_release(struct trail_text *m);

/* The line that begins at `at`: its length without the newline, and where the
 * next begins (m->len: nowhere).  *out_is_whole: there was a newline. */
size_t trail_line(const struct trail_text *m, size_t at, size_t *out_next,
                  bool *out_is_whole);

#endif
