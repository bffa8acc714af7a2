/* note.h - what create_secret must know after a crash, as the host keeps it
 * for the length of a rotation. */
#ifndef OAUTH_NOTE_H
#define OAUTH_NOTE_H
#include <keyturn/rotator.h>

/* refresh.c draws them. */
enum note_state {
  NOTE_UNSPENT, /* no note says so too */
  NOTE_SPENDING,
  NOTE_RETRYING,
  NOTE_REPLY,
  NOTE_STATES
};

struct note {
  enum note_state state;
  const char *reply; /* NOTE_REPLY: raw, in scratch memory */
  size_t reply_len;
  int64_t reply_at; /* when it came, seconds since 1970 */
};

/* The note, if it is about `token`; else NOTE_UNSPENT: AWSCURRENT was
 * replaced meanwhile, and what was noted is of another grant. */
int note_read(struct kt_step *step, const char *token, struct note *out);

/* Durable once KT_OK. */
int note_save(struct kt_step *step, const char *token, enum note_state state);
int note_save_reply(struct kt_step *step, const char *token, const char *reply,
                    size_t reply_len, int64_t reply_at);

#endif
