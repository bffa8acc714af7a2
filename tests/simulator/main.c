/* sim: runs seeds.  `sim --seeds N [--first N]` runs many; `sim --seed N
 * --trace` shows one.  Exits 1 with the first seed that fails; with --bites,
 * which is for builds with a planted defect, 1 when none does.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

static int usage(void)
{
  fprintf(stderr, "usage: sim [--seeds N] [--first N] [--bites]\n"
                  "       sim --seed N [--trace]\n");
  return 2;
}

static void say_failure(const struct sim *s)
{
  printf("seed %" PRIu64 " fails: %s\nsee it: sim --seed %" PRIu64 " --trace\n",
         s->seed, s->failure, s->seed);
}

int main(int argc, char **argv)
{
  static const struct option options[] = {
      {"seeds", required_argument, NULL, 'n'},
      {"first", required_argument, NULL, 'f'},
      {"seed", required_argument, NULL, 's'},
      {"trace", no_argument, NULL, 't'},
      {"bites", no_argument, NULL, 'b'},
      {NULL, 0, NULL, 0},
  };
  static struct sim s;
  uint64_t first = 1, n = 1000, total[8] = {0}, events = 0;
  bool trace = false, bites = false;
  int c;

  while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (c == 'n') {
      n = strtoull(optarg, NULL, 10);
    } else if (c == 'f') {
      first = strtoull(optarg, NULL, 10);
    } else if (c == 's') {
      first = strtoull(optarg, NULL, 10);
      n = 1;
    } else if (c == 't') {
      trace = true;
    } else if (c == 'b') {
      bites = true;
    } else {
      return usage();
    }
  }
  for (uint64_t seed = first; seed < first + n; seed++) {
    if (!sim_run(&s, seed, trace)) {
      say_failure(&s);
      return bites ? 0 : 1;
    }
    for (int i = 0; i < 8; i++)
      total[i] += (uint64_t)s.outcomes[i];
    events += (uint64_t)s.n_done;
  }
  printf("%" PRIu64 " seeds, %" PRIu64 " events: %" PRIu64
         " succeeded, %" PRIu64 " failed, %" PRIu64 " stuck, %" PRIu64
         " aborted, %" PRIu64 " superseded\n",
         n, events, total[JOB_SUCCEEDED], total[JOB_FAILED], total[JOB_STUCK],
         total[JOB_ABORTED], total[JOB_SUPERSEDED]);
  return bites ? 1 : 0;
}
