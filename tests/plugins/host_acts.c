/* Does to its host what the options' "act" says: the plugin host's tests. */
#include <fcntl.h>
#include <keyturn/rotator.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET 3 /* the host's end; a good plugin does not know it */

#ifndef PLUGIN_NAME
#define PLUGIN_NAME "host-acts"
#endif
#ifndef PLUGIN_FLAGS
#define PLUGIN_FLAGS 0
#endif

struct act {
  const char *name;
  kt_step_fn *run;
};

static int act_ok(struct kt_step *s)
{
  (void)s;
  return KT_OK;
}

static int act_unlisted(struct kt_step *s)
{
  (void)s;
  return 99;
}

static int act_silent(struct kt_step *s)
{
  (void)s;
  return KT_BUSY;
}

static int act_crash(struct kt_step *s)
{
  (void)s;
  (void)signal(SIGSEGV, SIG_DFL); /* a sanitizer would exit instead */
  (void)raise(SIGSEGV);
  return KT_OK;
}

static int act_exit(struct kt_step *s)
{
  (void)s;
  _exit(0);
}

static int act_hang(struct kt_step *s)
{
  while (s != NULL)
    (void)pause();
  return KT_OK;
}

/* Ends by itself when it is told to. */
static int act_polite(struct kt_step *s)
{
  while (s->host->remaining_ms(s) > 0)
    (void)usleep(1000);
  s->host->error(s, "told-to-end", "the time is over");
  return KT_BUSY;
}

static int say(const void *data, size_t len)
{
  (void)!send(SOCKET, data, len, MSG_NOSIGNAL);
  (void)usleep(200000); /* the answer is a signal */
  return KT_OK;
}

static int say_frame(const char *json)
{
  size_t len = strlen(json);
  char frame[512] = {0, 0, (char)(len >> 8), (char)len};

  (void)memcpy(frame + 4, json, len);
  return say(frame, len + 4);
}

static int act_garbage(struct kt_step *s)
{
  (void)s;
  return say_frame("\xff\xfenot json");
}

static int act_oversize(struct kt_step *s)
{
  static const unsigned char header[] = {0x00, 0x10, 0x00, 0x01};

  (void)s;
  return say(header, sizeof header);
}

static int act_unknown_type(struct kt_step *s)
{
  (void)s;
  return say_frame("{\"type\":\"surprise\",\"id\":1}");
}

static int act_unknown_field(struct kt_step *s)
{
  (void)s;
  return say_frame("{\"type\":\"mutating\",\"id\":1,\"extra\":true}");
}

static int act_wrong_id(struct kt_step *s)
{
  (void)s;
  return say_frame("{\"type\":\"mutating\",\"id\":987654321}");
}

static int act_engine_words(struct kt_step *s)
{
  (void)s;
  return say_frame("{\"type\":\"cancel\",\"id\":1}");
}

static int act_describe_again(struct kt_step *s)
{
  (void)s;
  return say_frame("{\"type\":\"refuse\",\"reason\":\"late\"}");
}

static int act_hang_up(struct kt_step *s)
{
  (void)shutdown(SOCKET, SHUT_WR);
  return act_hang(s);
}

/* Every call, its class in the log: "get_value 0". */
static int act_calls(struct kt_step *s)
{
  const struct kt_host *h = s->host;
  static const char *const stages[] = {"AWSCURRENT", "AWSPENDING",
                                       "AWSPREVIOUS", "custom"};
  const void *data;
  const char *text;
  size_t len;

  for (size_t i = 0; i < 4; i++)
    h->log(s, KT_INFO, "%s %d", stages[i],
           h->get_value(s, KT_SECRET, stages[i], &data, &len));
  h->log(s, KT_INFO, "admin %d", h->get_value(s, KT_ADMIN, NULL, &data, &len));
  h->log(s, KT_INFO, "mutating %d", h->mutating(s));
  h->log(s, KT_INFO, "random_password %d", h->random_password(s, NULL, &text));
  h->log(s, KT_INFO, "save %d", h->save(s, "note", 4));
  h->log(s, KT_INFO, "saved %d", h->saved(s, &data, &len));
  h->log(s, KT_INFO, "due_in %d", h->due_in(s, 3600));
  h->log(s, KT_INFO, "put_pending %d", h->put_pending(s, "value-2", 7));
  return KT_OK;
}

static int act_fields(struct kt_step *s)
{
  static const struct kt_field fields[] = {{"password", "n\"w\\p\xc3\xa4ss"},
                                           {"added", "yes"}};

  return s->host->put_pending_fields(s, fields, 2);
}

/* Says the secret in all spellings that it can think of. */
static int act_blab(struct kt_step *s)
{
  const struct kt_host *h = s->host;
  const void *data;
  const char *password, *made, *user;
  size_t len;

  if (h->get_value(s, KT_SECRET, NULL, &data, &len) != KT_OK ||
      h->get_field(s, KT_SECRET, NULL, "password", &password) != KT_OK ||
      h->get_field(s, KT_SECRET, NULL, "username", &user) != KT_OK ||
      h->random_password(s, NULL, &made) != KT_OK)
    return KT_MISSING;
  h->log(s, KT_WARN, "user %s whole %.*s", user, (int)len, (const char *)data);
  h->log(s, KT_WARN, "raw=%s made=%s", password, made);
  h->log(s, KT_WARN, "json a\\/b \\\"q'\\u00e4 %s", "a/b \\\"q'\xc3\xa4");
  h->log(s, KT_WARN,
         "url a%%2Fb%%20%%22q%%27%%C3%%A4 a%%2fb%%20%%22q%%27%%c3%%a4"
         " a%%2Fb+%%22q%%27%%C3%%A4");
  h->log(s, KT_WARN, "sql 'a/b \"q''\xc3\xa4' 'a/b \\\"q\\'\xc3\xa4'");
  h->log(s, KT_WARN, "latin1 \xe4 newline\nforged");
  h->error(s, "Bad Code!", "login with %s failed for %s", password, user);
  return KT_AUTH;
}

static int act_flood(struct kt_step *s)
{
  for (int i = 0; i < 5000; i++)
    s->host->log(s, KT_INFO, "line %d", i);
  return KT_OK;
}

/* There and back, whatever the bytes. */
static int note_echo(struct kt_step *s, const unsigned char *mine)
{
  const void *data;
  size_t len;

  if (s->host->save(s, mine, 65536) != KT_OK ||
      s->host->saved(s, &data, &len) != KT_OK)
    return KT_POLICY;
  return len == 65536 && memcmp(data, mine, len) == 0 ? KT_OK : KT_MISSING;
}

/* 64 KiB of every byte there is, and of what JSON writes longest. */
static int act_big(struct kt_step *s)
{
  unsigned char *mine = s->host->scratch(s, 65536);
  int rc;

  if (mine == NULL)
    return KT_CONFIG;
  for (size_t i = 0; i < 65536; i++)
    mine[i] = (unsigned char)(i * 7 + i / 256);
  rc = note_echo(s, mine);
  for (size_t i = 0; i < 65536; i++)
    mine[i] = 1;
  if (rc == KT_OK)
    rc = note_echo(s, mine);
  if (rc == KT_OK)
    rc = s->host->save(s, mine, 65537) == KT_CONFIG ? KT_OK : KT_DENIED;
  return rc;
}

static int act_greedy(struct kt_step *s)
{
  for (int i = 0; i < 1000; i++)
    if (s->host->scratch(s, 1 << 20) == NULL)
      return KT_OK;
  return KT_CONFIG;
}

static int act_write_out(struct kt_step *s)
{
  const char *password;

  if (s->host->get_field(s, KT_SECRET, NULL, "password", &password) != KT_OK)
    return KT_MISSING;
  (void)printf("%s\n", password);
  (void)fflush(stdout);
  return KT_OK;
}

/* What the process was given and what it may. */
static int act_sandbox(struct kt_step *s)
{
  extern char **environ;
  struct rlimit core = {1, 1};
  mode_t mask = umask(077);
  int open_fds = 0;

  for (char **e = environ; *e != NULL; e++)
    s->host->log(s, KT_INFO, "env %.*s", (int)strcspn(*e, "="), *e);
  for (int fd = 0; fd < 64; fd++)
    open_fds += fcntl(fd, F_GETFD) >= 0;
  (void)getrlimit(RLIMIT_CORE, &core);
  s->host->log(s, KT_INFO, "fds %d core %d umask %03o", open_fds,
               (int)core.rlim_max, (unsigned)mask);
  return KT_OK;
}

static int act_fork(struct kt_step *s)
{
  pid_t pid = fork();

  if (pid == 0)
    for (;;)
      (void)pause();
  s->host->log(s, KT_INFO, "forked %d", (int)pid);
  return act_crash(s);
}

/* Waits until the secret's "gate" file is there. */
static int act_gate(struct kt_step *s)
{
  const char *gate;

  if (s->host->get_field(s, KT_SECRET, NULL, "gate", &gate) != KT_OK)
    return KT_MISSING;
  s->host->log(s, KT_INFO, "at the gate");
  while (access(gate, F_OK) != 0 && s->host->remaining_ms(s) > 0)
    (void)usleep(2000);
  return s->host->remaining_ms(s) > 0 ? KT_OK : KT_BUSY;
}

static const struct act acts[] = {
    {"ok", act_ok},
    {"unlisted", act_unlisted},
    {"silent", act_silent},
    {"crash", act_crash},
    {"exit", act_exit},
    {"hang", act_hang},
    {"polite", act_polite},
    {"garbage", act_garbage},
    {"oversize", act_oversize},
    {"unknown-type", act_unknown_type},
    {"unknown-field", act_unknown_field},
    {"wrong-id", act_wrong_id},
    {"engine-words", act_engine_words},
    {"describe-again", act_describe_again},
    {"hang-up", act_hang_up},
    {"calls", act_calls},
    {"fields", act_fields},
    {"blab", act_blab},
    {"flood", act_flood},
    {"big", act_big},
    {"greedy", act_greedy},
    {"write-out", act_write_out},
    {"sandbox", act_sandbox},
    {"fork", act_fork},
    {"gate", act_gate},
};

static int act(struct kt_step *s)
{
  const char *name;
  int rc = s->host->get_field(s, KT_OPTIONS, NULL, "act", &name);

  for (size_t i = 0; rc == KT_OK && i < sizeof acts / sizeof acts[0]; i++)
    if (strcmp(acts[i].name, name) == 0)
      return acts[i].run(s);
  s->host->error(s, "no-act", "class %d", rc);
  return KT_CONFIG;
}

static const struct kt_rotator rotator = {
    .size = sizeof(struct kt_rotator),
    .name = PLUGIN_NAME,
    .version = "1.2",
    .summary = "acts as it is told (for tests)",
    .flags = PLUGIN_FLAGS,
    .grace_s = 7,
    .secret_schema = "{\"properties\":{\"username\":{\"type\":\"string\"},"
                     "\"gate\":{\"type\":\"string\"},"
                     "\"password\":{\"writeOnly\":true}}}",
    .create_secret = act,
    .set_secret = act,
    .test_secret = act,
    .finish_secret = act,
    .check = act,
    .revert_secret = act,
    .retire_secret = act,
};

KT_MODULE(&rotator)
