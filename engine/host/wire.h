/* What keyturnd and keyturn-rotator say to each other over a socketpair.
 *
 * A frame is its length (32 bits, big endian, at most WIRE_FRAME_MAX) and
 * that many bytes of JSON: one flat object with "type" and the fields that
 * the table in wire.c lists for it.  Whatever is not in the table is refused,
 * and so is a message from the side that may not send it: the receiver ends
 * the conversation.  Steps are told apart by "id"; a step waits for the reply
 * to each of its calls, so a reply needs no number of its own.  What nearly
 * every step asks first comes with its start, as "values".
 *
 * All frames can carry secrets: their buffers are secret memory.
 */
#ifndef HOST_WIRE_H
#define HOST_WIRE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"

#define WIRE_FRAME_MAX    (1u << 20) /* bytes of JSON */
#define WIRE_HEADER_LEN   4
#define WIRE_ROTATORS_MAX 64 /* of one plugin */
#define WIRE_LOG_TEXT_MAX 2048
#define WIRE_ERR_TEXT_MAX 1023
#define WIRE_ERR_CODE_MAX 64
/* Bytes of the texts of a start message, and the longest deadline. */
#define WIRE_NAME_MAX     64
#define WIRE_STAGE_MAX    256
#define WIRE_ARN_MAX      2048
#define WIRE_VERSION_MAX  256
#define WIRE_DEADLINE_MAX 86400000 /* ms: a day */
#define WIRE_CHILD_FD     3        /* keyturn-rotator's end of the socketpair */

enum wire_side { WIRE_ENGINE, WIRE_CHILD };

enum wire_type {
  /* keyturnd says */
  WIRE_START,  /* run a step */
  WIRE_REPLY,  /* to the call that step `id` made */
  WIRE_CANCEL, /* the remaining time of step `id` is 0 from now on */
  WIRE_END,    /* cancel all steps; exit once they have returned */
  /* keyturn-rotator says */
  WIRE_DESCRIBE, /* first of all: the plugin is loaded, this is in it */
  WIRE_REFUSE,   /* instead: why it cannot be loaded */
  WIRE_GET_VALUE,
  WIRE_PUT_PENDING,
  WIRE_MUTATING,
  WIRE_RANDOM_PASSWORD,
  WIRE_SAVE,
  WIRE_SAVED,
  WIRE_DUE_IN,
  WIRE_LOG,  /* no reply */
  WIRE_DONE, /* the step returned */
  WIRE_TYPE_COUNT
};

struct wire_message {
  enum wire_type type;
  uint64_t id;  /* 0 where the type has none */
  json_t *body; /* checked against the table; returned, wire_release */
};

const char *wire_type_name(enum wire_type t);

/* Writing: begin, buf_json_* and wire_put_value for the fields, end.  `at`
 * is where the frame starts in `b`, which may hold earlier frames.  wire_end
 * fails when the frame did not fit, and takes it out of `b` again. */
size_t wire_begin(struct buf *b, enum wire_type type, uint64_t id);
int wire_end(struct buf *b, size_t at, struct err *e);
/* "text" where the bytes are UTF-8 without NUL, else "base64". */
void wire_put_value(struct buf *b, const void *data, size_t len);

/* Is there a whole frame at `at`?  1: yes, its JSON has *out_len bytes after
 * the header; 0: more must be read; negative: longer than the cap. */
int wire_frame(const struct buf *b, size_t at, size_t *out_len, struct err *e);
/* Reads the JSON of one frame that `from` sent.  The error names what is
 * wrong by our own words, never by the sender's. */
int wire_read(const char *json, size_t len, enum wire_side from,
              struct wire_message *out, struct err *e);
void wire_release(struct wire_message *m);
/* Rotator `i` of a describe message; its fields were checked. */
size_t wire_rotator_count(const struct wire_message *m);
const json_t *wire_rotator(const struct wire_message *m, size_t i);

/* The value that a message carries.  *out: returned, secret_release.
 * ERR_NOT_FOUND: it carries none. */
int wire_value(const struct wire_message *m, struct secret *out, struct err *e);

/* The same, of an object in a list; `what` names it in errors. */
int wire_value_in(const json_t *object, const char *what, struct secret *out,
                  struct err *e);

/* UTF-8 without NUL, as JSON strings can carry it. */
bool wire_is_text(const void *data, size_t len);
/* Makes any bytes fit for a line of a log: what is not UTF-8 becomes '?',
 * control characters become spaces. */
void wire_clean_text(char *text, size_t len);
/* The longest prefix of at most `max` bytes that splits no character. */
size_t wire_cut(const char *text, size_t len, size_t max);

#endif
