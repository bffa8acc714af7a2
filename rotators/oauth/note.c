/* note.c - the note's bytes: "STATE TOKEN-LENGTH REPLY-TIME\n", the refresh
 * token that it is about, the raw reply.  Built in scratch memory; the host
 * encrypts it.
 */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 64

static const char *const words[NOTE_STATES] = {
    [NOTE_UNSPENT] = "unspent",
    [NOTE_SPENDING] = "spending",
    [NOTE_RETRYING] = "spending-retry",
    [NOTE_REPLY] = "reply",
};

static enum note_state find_state(const char *text, size_t len)
{
  int i = 0;

  while (i < NOTE_STATES &&
         (strlen(words[i]) != len || memcmp(words[i], text, len) != 0))
    i++;
  return (enum note_state)i;
}

/* KT_CONFIG, told: not written by us. */
static int parse(struct kt_step *step, const char *data, size_t len,
                 const char *token, struct note *out)
{
  const char *space = memchr(data, ' ', len < HEAD_MAX ? len : HEAD_MAX);
  enum note_state state = NOTE_STATES;
  size_t token_len = 0, left = 0;
  int64_t reply_at = 0;
  char *end = NULL;

  if (space != NULL) { /* the host ends the data by a NUL */
    state = find_state(data, (size_t)(space - data));
    token_len = strtoul(space + 1, &end, 10);
    reply_at = strtoll(end, &end, 10);
  }
  if (state != NOTE_STATES && end != NULL && *end == '\n')
    left = len - (size_t)(end + 1 - data);
  if (left == 0 || token_len > left) {
    step->host->error(step, "note-invalid",
                      "the note of this rotation was not written by this "
                      "rotator: abort the rotation and start another");
    return KT_CONFIG;
  }
  if (strlen(token) != token_len || memcmp(end + 1, token, token_len) != 0) {
    step->host->log(step, KT_WARN,
                    "the refresh token was replaced during the rotation: "
                    "starting anew");
    return KT_OK;
  }
  out->state = state;
  out->reply_at = reply_at;
  out->reply = end + 1 + token_len;
  out->reply_len = left - token_len;
  return KT_OK;
}

int note_read(struct kt_step *step, const char *token, struct note *out)
{
  const void *data = NULL;
  size_t len = 0;
  int r = step->host->saved(step, &data, &len);

  memset(out, 0, sizeof *out);
  if (r == KT_MISSING)
    return KT_OK;
  return r == KT_OK ? parse(step, data, len, token, out) : r;
}

static int save(struct kt_step *step, const char *token, enum note_state state,
                const char *reply, size_t reply_len, int64_t reply_at)
{
  size_t token_len = strlen(token);
  char *text = step->host->scratch(step, HEAD_MAX + token_len + reply_len + 1);
  int head;

  if (text == NULL)
    return KT_BUSY;
  head = snprintf(text, HEAD_MAX, "%s %zu %" PRId64 "\n", words[state],
                  token_len, reply_at);
  memcpy(text + head, token, token_len);
  if (reply_len > 0)
    memcpy(text + head + token_len, reply, reply_len);
  return step->host->save(step, text, (size_t)head + token_len + reply_len);
}

int note_save(struct kt_step *step, const char *token, enum note_state state)
{
  return save(step, token, state, NULL, 0, 0);
}

int note_save_reply(struct kt_step *step, const char *token, const char *reply,
                    size_t reply_len, int64_t reply_at)
{
  return save(step, token, NOTE_REPLY, reply, reply_len, reply_at);
}
