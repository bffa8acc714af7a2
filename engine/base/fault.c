/* Named fault points: the table's names, the reading of KEYTURN_FAULT and the
 * acts themselves.  A release has none of it.
 */
#include "base/fault.h"

#ifdef KEYTURN_FAULTS

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[FAULT_COUNT] = {
#define X(id, name) [id] = name,
    FAULT_TABLE(X)
#undef X
};

enum act { ACT_NONE, ACT_KILL, ACT_STOP, ACT_FAIL, ACT_DELAY };

static struct {
  enum act act;
  long delay_ms;
  int at;
  _Atomic int passed;
} points[FAULT_COUNT];

static pthread_once_t once = PTHREAD_ONCE_INIT;

const char *fault_name(enum fault f)
{
  return names[f];
}

static void refuse(const char *spec)
{
  fprintf(stderr, "KEYTURN_FAULT: cannot understand '%s'\n", spec);
  exit(2);
}

static void parse_one(char *text)
{
  char *act = strchr(text, '='), *at;
  int f = 0;

  if (act == NULL)
    refuse(text);
  *act++ = '\0';
  while (f < FAULT_COUNT && strcmp(names[f], text) != 0)
    f++;
  if (f == FAULT_COUNT)
    refuse(text);
  points[f].at = 1;
  if ((at = strchr(act, '@')) != NULL) {
    *at++ = '\0';
    points[f].at = (int)strtol(at, NULL, 10);
  }
  if (strcmp(act, "kill") == 0)
    points[f].act = ACT_KILL;
  else if (strcmp(act, "stop") == 0)
    points[f].act = ACT_STOP;
  else if (strcmp(act, "fail") == 0)
    points[f].act = ACT_FAIL;
  else if (strncmp(act, "delay:", 6) == 0) {
    points[f].act = ACT_DELAY;
    points[f].delay_ms = strtol(act + 6, NULL, 10);
  } else
    refuse(act);
}

static void parse(void)
{
  const char *spec = fault_spec();
  char *copy, *save = NULL;

  if (spec == NULL)
    return;
  copy = strdup(spec);
  if (copy == NULL)
    abort();
  for (char *p = strtok_r(copy, ",", &save); p != NULL;
       p = strtok_r(NULL, ",", &save))
    parse_one(p);
  free(copy);
}

const char *fault_spec(void)
{
  return getenv("KEYTURN_FAULT");
}

static void sleep_ms(long ms)
{
  struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

  while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
    continue;
}

bool fault_hit(enum fault f)
{
  (void)pthread_once(&once, parse); /* cannot fail with a valid once */
  if (points[f].act == ACT_NONE ||
      atomic_fetch_add(&points[f].passed, 1) + 1 != points[f].at)
    return false;
  switch (points[f].act) {
  case ACT_KILL:
    (void)kill(getpid(), SIGKILL); /* no return */
    pause();
    break;
  case ACT_STOP:
    /* To this thread: sent to the process, another may take it, and this one
     * goes on for a moment. */
    (void)raise(SIGSTOP); /* until SIGCONT */
    break;
  case ACT_DELAY:
    sleep_ms(points[f].delay_ms);
    break;
  default:
    return true;
  }
  return false;
}

#endif
