/* One call of one step, and what a plugin may ask meanwhile. */
#ifndef HOST_CHILD_STEP_H
#define HOST_CHILD_STEP_H

#include <stdarg.h>

#include "child/redact.h"
#include "child/session.h"
#include "rotation/runner.h"

#define STEP_MEMORY_MAX (2u << 20) /* handed to one step, in all */

/* Memory of the step, zeroed and freed at its end. */
struct block {
  struct block *next;
  size_t size;
  max_align_t data[];
};

/* A value that was fetched or came with the start, kept for the step. */
struct fetched {
  struct fetched *next;
  enum kt_source source;
  char stage[24];
  int kt_class;  /* KT_MISSING: it is known that there is none */
  bool is_stale; /* still handed out, no longer true */
  struct secret raw;
  json_t *json; /* NULL: no JSON object, or not looked at yet */
  bool is_parsed;
};

struct step_state {
  struct kt_step kt; /* what the plugin holds */
  struct task *task;
  const struct rotator *rotator;
  struct block *blocks;
  size_t memory;
  struct fetched *fetched;
  struct redact redact;
  char code[WIRE_ERR_CODE_MAX + 1], message[WIRE_ERR_TEXT_MAX + 1];
};

/* Runs the step that t->start asks for and writes the frame that says how it
 * ended.  Nothing that the step got is left when it returns. */
void step_run(struct task *t, struct buf *out);

static inline struct step_state *step_of(struct kt_step *kt)
{
  return (struct step_state *)kt; /* the first member */
}

/* NULL: too much, or no secret memory left. */
void *step_memory(struct step_state *s, size_t size);
void step_error(struct step_state *s, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void step_error_va(struct step_state *s, const char *code, const char *fmt,
                   va_list ap) __attribute__((format(printf, 3, 0)));
/* The text that fmt makes, redacted, clean and at most max bytes, in `out`. */
void step_text(struct step_state *s, const char *fmt, va_list ap, size_t max,
               struct buf *out) __attribute__((format(printf, 2, 0)));

/* fetched.c: NULL when it must be asked for. */
struct fetched *fetched_find(struct step_state *s, enum kt_source source,
                             const char *stage);
/* The value in a reply, or in a list of a start. */
int fetched_add(struct step_state *s, enum kt_source source, const char *stage,
                int kt_class, const json_t *from, struct fetched **out);
/* What came with the start. */
void fetched_start(struct step_state *s, const json_t *start);

extern const struct kt_host step_host_calls; /* calls.c */

#endif
