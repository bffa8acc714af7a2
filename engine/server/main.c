/* keyturnd: the command line.  Exit 0: done; 1: it could not do it; 2: it was
 * asked in a way it does not understand. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/secret.h"
#include "server/daemon.h"
#include "server/init.h"

#define SECRET_HEAP_BYTES ((size_t)16 << 20)

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
enum command { COMMAND_RUN, COMMAND_INIT, COMMAND_CHECK_CONFIG };

static const char usage_text[] =
    "Usage: keyturnd [run] [--config FILE]\n"
    "       keyturnd init [--config FILE]\n"
    "\n"
    "Keeps secrets, hands them out over the AWS Secrets Manager API, and\n"
    "changes the credentials behind them on schedule.\n"
    "\n"
    "  run                 the daemon, in the foreground (default)\n"
    "  init                make data folder, root key and store\n"
    "\n"
    "  -c, --config FILE   settings (" CONFIG_FILE ")\n"
    "      --check-config  read the settings, say what is wrong, end\n"
    "      --help-settings list all settings\n"
    "  -h, --help          this text\n"
    "      --version       the version\n"
#ifdef KEYTURN_FAULTS
    "      --fault-points  the names that KEYTURN_FAULT takes\n"
#endif
    ;

enum option_id {
  OPTION_CHECK_CONFIG = 256,
  OPTION_HELP_SETTINGS,
  OPTION_VERSION,
  OPTION_FAULT_POINTS
};

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
    {"help-settings", no_argument, NULL, OPTION_HELP_SETTINGS},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
#ifdef KEYTURN_FAULTS
    {"fault-points", no_argument, NULL, OPTION_FAULT_POINTS},
#endif
    {NULL, 0, NULL, 0},
};

static int flushed(int status)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    return status;
  (void)fputs("keyturnd: cannot write to standard output\n", stderr);
  return EXIT_FAILED;
}

static int failed(const struct err *e, int status)
{
  (void)fprintf(stderr, "keyturnd: %s\n", e->text);
  return status;
}

#ifdef KEYTURN_FAULTS
static int fault_points(void)
{
  for (int f = 0; f < FAULT_COUNT; f++)
    (void)puts(fault_name((enum fault)f)); /* flushed() looks */
  return flushed(EXIT_GOOD);
}
#endif

static int init(const char *path, const struct config *c)
{
  struct init_result made;
  struct err e = {0};

  if (init_run(c, &made, &e) != 0)
    return failed(&e, EXIT_FAILED);
  (void)printf("Store     %s\n"
               "          id %s, region %s, account %s\n"
               "Root key  %s%s\n"
               "          keep a copy elsewhere: without it no value can be "
               "read again\n"
               "KMS key   %s\n"
               "\n"
               "Next: keyturnd%s%s\n",
               config_text(c, store), made.store_id, config_text(c, region),
               config_text(c, account), config_text(c, root_key_file),
               made.made_root_key ? "" : " (it was there, and is used)",
               made.key_id, path == NULL ? "" : " --config ",
               path == NULL ? "" : path);
  return flushed(EXIT_GOOD);
}

static int run(enum command command, const char *path, int64_t started_us)
{
  static struct config config;
  bool is_locked = true;
  struct err e = {0};

  if (secret_heap_init(SECRET_HEAP_BYTES, &is_locked, &e) != 0)
    return failed(&e, EXIT_FAILED);
  if (config_load(path, &config, &e) != 0)
    return failed(&e, EXIT_USAGE);
  if (command == COMMAND_CHECK_CONFIG)
    return flushed(puts("The settings are good.") < 0);
  if (command == COMMAND_INIT)
    return init(path, &config);
  if (!is_locked)
    log_warn("memory_not_locked",
             log_str("next", "secrets may be written to swap; raise "
                             "RLIMIT_MEMLOCK to 16 MiB or more"));
#ifdef KEYTURN_FAULTS
  if (fault_spec() != NULL)
    log_warn("KEYTURN_FAULT",
             log_str("next", "keyturnd dies where it says: for tests only"));
#endif
  if (daemon_run(path, &config, started_us, &e) != 0)
    return failed(&e, EXIT_FAILED);
  return EXIT_GOOD;
}

static int command_parse(int argc, char **argv, enum command *out)
{
  if (optind == argc)
    return 0;
  if (optind + 1 < argc || *out == COMMAND_CHECK_CONFIG)
    return -1;
  if (strcmp(argv[optind], "init") == 0)
    *out = COMMAND_INIT;
  else if (strcmp(argv[optind], "run") != 0)
    return -1;
  return 0;
}

int main(int argc, char **argv)
{
  int64_t started_us = clock_mono_us(clock_system());
  enum command command = COMMAND_RUN;
  const char *path = NULL;
  int c;

  while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
    switch (c) {
    case 'c':
      path = optarg;
      break;
    case OPTION_CHECK_CONFIG:
      command = COMMAND_CHECK_CONFIG;
      break;
    case OPTION_HELP_SETTINGS:
      config_help(stdout);
      return flushed(EXIT_GOOD);
    case 'h':
      return flushed(fputs(usage_text, stdout) < 0);
    case OPTION_VERSION:
      return flushed(puts("keyturnd " KEYTURN_VERSION) < 0);
#ifdef KEYTURN_FAULTS
    case OPTION_FAULT_POINTS:
      return fault_points();
#endif
    default:
      (void)fputs("Try: keyturnd --help\n", stderr);
      return EXIT_USAGE;
    }
  }
  if (command_parse(argc, argv, &command) != 0) {
    (void)fprintf(stderr,
                  "keyturnd: unexpected '%s'\n"
                  "Try: keyturnd --help\n",
                  argv[argc - 1]);
    return EXIT_USAGE;
  }
  return run(command, path, started_us);
}
