/* rotator-step: calls one step of one rotator over a secret in a file.
 *
 *     rotator-step PLUGIN.so ROTATOR STEP STATE.json [--stage S]
 *                  [--deadline-ms N] [--maybe-set] [--attempt N]
 *
 * STEP is create, set, test, finish, check, revert, retire, or promote (the
 * engine's move of the labels).  STATE.json is the state that
 * kit/local_host.h describes; it is rewritten at each change that an engine
 * would have made durable.  Prints one line of JSON; exits 0 when the class
 * is OK, 1 otherwise, 2 for a command that cannot be carried out.  The
 * plugin's own stdout goes to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "kit/local_host.h"
#include "loader/loader.h"

static int usage(void)
{
  (void)fputs("usage: rotator-step PLUGIN.so ROTATOR STEP STATE.json "
              "[--stage S] [--deadline-ms N] [--maybe-set] [--attempt N]\n",
              stderr);
  return 2;
}

static void state_write(void *arg, const json_t *state, bool mutating)
{
  const char *path = arg;
  CLEANUP_FREE char *fresh = NULL;

  (void)mutating;
  if (asprintf(&fresh, "%s.new", path) < 0)
    abort();
  if (json_dump_file(state, fresh, JSON_INDENT(2)) != 0 ||
      chmod(fresh, 0600) != 0 || rename(fresh, path) != 0) {
    (void)fprintf(stderr, "rotator-step: cannot write %s\n", path);
    exit(2);
  }
}

static int number(const char *text, int64_t *out)
{
  char *end;
  long long n;

  errno = 0;
  n = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || n < 0)
    return -1;
  *out = n;
  return 0;
}

static int options_read(int argc, char **argv, struct local_call *call)
{
  static const struct option options[] = {
      {"stage", required_argument, NULL, 's'},
      {"deadline-ms", required_argument, NULL, 'd'},
      {"maybe-set", no_argument, NULL, 'm'},
      {"attempt", required_argument, NULL, 'a'},
      {NULL, 0, NULL, 0}};
  int64_t n;
  int c;

  while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (c == 's') {
      call->stage = optarg;
    } else if (c == 'm') {
      call->maybe_set = true;
    } else if ((c == 'd' || c == 'a') && number(optarg, &n) == 0) {
      if (c == 'd')
        call->deadline_ms = n;
      else
        call->attempt = (uint32_t)n;
    } else {
      return -1;
    }
  }
  return argc - optind == 4 ? 0 : -1;
}

static int result_print(FILE *out, const struct local_result *r)
{
  json_t *due = r->due_in < 0 ? json_null() : json_integer(r->due_in);
  CLEANUP_JSON json_t *j =
      json_pack("{s:s, s:s, s:s, s:O, s:b, s:o, s:I}", "class",
                local_class_name(r->class), "code", r->code, "message",
                r->message, "log", r->log, "mutating", (int)r->mutating,
                "due_in", due, "ms", (json_int_t)r->took_ms);

  if (j == NULL || json_dumpf(j, out, JSON_COMPACT) != 0 ||
      fputc('\n', out) == EOF || fflush(out) != 0)
    return 2;
  return r->class == KT_OK ? 0 : 1;
}

static int step_run(char **args, struct local_call *call, json_t *state,
                    FILE *out, struct err *e)
{
  struct local_result result = {.due_in = -1};
  const struct kt_rotator *rotator;
  struct loader *plugin;
  int rc;

  if (strcmp(args[2], "promote") == 0) {
    rc = local_promote(state, e);
    if (rc != 0)
      return rc;
    result.log = json_array();
  } else {
    rc = loader_open(args[0], LOADER_ANY_OWNER, &plugin, e);
    if (rc != 0)
      return rc;
    rotator = loader_find(plugin, args[1]);
    if (rotator == NULL) {
      rc = err_set(e, ERR_NOT_FOUND, "%s has no rotator %s", args[0], args[1]);
      loader_close(plugin);
      return rc;
    }
    local_run(rotator, state, call, &result);
    if (result.absent && result.class != KT_OK)
      (void)snprintf(result.message, sizeof result.message,
                     "the rotator has no step %s", args[2]);
    loader_close(plugin);
  }
  state_write(args[3], state, result.mutating);
  rc = result_print(out, &result);
  local_result_release(&result);
  return rc;
}

int main(int argc, char **argv)
{
  struct local_call call = {.changed = state_write};
  CLEANUP_JSON json_t *state = NULL;
  struct err e = {0};
  char **args;
  FILE *out;
  int rc;

  if (options_read(argc, argv, &call) != 0)
    return usage();
  args = argv + optind;
  call.step = local_step_parse(args[2]);
  if (call.step == LOCAL_STEPS && strcmp(args[2], "promote") != 0)
    return usage();
  call.arg = args[3];
  out = fdopen(dup(STDOUT_FILENO), "w");
  if (out == NULL || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return 2;
  rc = json_read_file(args[3], &json_limits_file, &state, &e);
  if (rc == 0)
    rc = json_is_object(state)
             ? step_run(args, &call, state, out, &e)
             : err_set(&e, ERR_CONFIG, "%s: not an object", args[3]);
  (void)fclose(out); /* flushed and checked where it was written */
  if (rc >= 0)
    return rc;
  (void)fprintf(stderr, "rotator-step: %s\n", e.text);
  return 2;
}
