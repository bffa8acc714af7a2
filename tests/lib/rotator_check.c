/* rotator-check: the conformance kit alone, for tests.
 *
 *     rotator-check PLUGIN.so FILE.json [--rotator NAME] [--deadline-ms N]
 *                   [--json]
 *
 * Exits 0 when every rule passed or was skipped, 1 when one failed, 2 when
 * the kit could not run.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "kit/kit.h"

static int usage(void)
{
  (void)fputs("usage: rotator-check PLUGIN.so FILE.json [--rotator NAME] "
              "[--deadline-ms N] [--json]\n",
              stderr);
  return 2;
}

int main(int argc, char **argv)
{
  static const struct option options[] = {
      {"rotator", required_argument, NULL, 'r'},
      {"deadline-ms", required_argument, NULL, 'd'},
      {"json", no_argument, NULL, 'j'},
      {NULL, 0, NULL, 0}};
  struct kit_options o = {0};
  struct kit_report report;
  CLEANUP_BUF struct buf text;
  struct err e = {0};
  bool json = false;
  int c;

  buf_init(&text, 1 << 20, false);
  while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (c == 'r')
      o.rotator = optarg;
    else if (c == 'd')
      o.deadline_ms = strtoll(optarg, NULL, 10);
    else if (c == 'j')
      json = true;
    else
      return usage();
  }
  if (argc - optind != 2)
    return usage();
  if (kit_run(argv[optind], argv[optind + 1], &o, &report, &e) != 0) {
    (void)fprintf(stderr, "rotator-check: %s\n", e.text);
    return 2;
  }
  if (json)
    kit_report_json(&report, &text);
  else
    kit_report_text(&report, &text);
  if (buf_check(&text, NULL) != 0 || fputs(text.data, stdout) == EOF ||
      fflush(stdout) != 0)
    return 2;
  return kit_passed(&report) ? 0 : 1;
}
