/* A rotation without an engine: only what the database makes everybody pay,
 * beside which tests/bench/run measures the engine.
 *
 * Reads commands from standard input, one a line:
 *
 *     server postgres|mysql HOST PORT DBNAME
 *     role NAME PASSWORD OTHER-PASSWORD
 *     run AT-ONCE COUNT
 *
 * `run` makes COUNT rotations by AT-ONCE threads, each with a role of its own,
 * and answers with one line: seconds in all, median of a rotation in ms.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bare.h"

enum { ROLES_MAX = 64, COUNT_MAX = 100000, LINE_BYTES = 512 };

static struct {
  const struct bare *bare;
  char host[256], port[8], dbname[NAME_BYTES];
  struct account accounts[ROLES_MAX];
  int n_accounts;
  int count;
  atomic_int next;
  double ms[COUNT_MAX];
} bench;

void fail(const char *doing, const char *why)
{
  (void)fprintf(stderr, "bare_rotation: %s: %s\n", doing, why);
  exit(1);
}

static double now_ms(void)
{
  struct timespec ts;

  (void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
  return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void *rotate_on(void *arg)
{
  struct account *a = arg;
  int i;

  while ((i = atomic_fetch_add(&bench.next, 1)) < bench.count) {
    double start = now_ms();

    bench.bare->rotate(a);
    a->current = !a->current;
    bench.ms[i] = now_ms() - start;
  }
  return NULL;
}

static int by_size(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static void run(int at_once, int count)
{
  pthread_t threads[ROLES_MAX];
  double start = now_ms(), ms;

  if (at_once < 1 || at_once > bench.n_accounts || count < 1 ||
      count > COUNT_MAX)
    fail("run", "no such number");
  bench.count = count;
  atomic_store(&bench.next, 0);
  for (int i = 0; i < at_once; i++)
    if (pthread_create(&threads[i], NULL, rotate_on, &bench.accounts[i]) != 0)
      fail("run", "no more threads");
  for (int i = 0; i < at_once; i++)
    (void)pthread_join(threads[i], NULL); /* of a thread that is there */
  ms = now_ms() - start;
  qsort(bench.ms, (size_t)count, sizeof bench.ms[0], by_size);
  (void)printf("%.6f %.3f\n", ms / 1e3, bench.ms[count / 2]);
  (void)fflush(stdout); /* a reader that is gone closes our input too */
}

static void add_role(const char *name, const char *password, const char *other)
{
  struct account *a = &bench.accounts[bench.n_accounts];

  if (bench.n_accounts == ROLES_MAX || bench.bare == NULL)
    fail("role", "too many, or no server yet");
  a->host = bench.host;
  a->port = bench.port;
  a->dbname = bench.dbname;
  (void)snprintf(a->name, sizeof a->name, "%s", name); /* sscanf bounds them */
  (void)snprintf(a->password[0], sizeof a->password[0], "%s", password);
  (void)snprintf(a->password[1], sizeof a->password[1], "%s", other);
  bench.bare->prepare(a);
  bench.n_accounts++;
}

static void command(const char *line)
{
  char a[NAME_BYTES], b[NAME_BYTES], c[NAME_BYTES];
  int at_once, count;

  if (sscanf(line, "server %63s %255s %7s %63s", a, bench.host, bench.port,
             bench.dbname) == 4)
    bench.bare = strcmp(a, bare_mysql.name) == 0 ? &bare_mysql : &bare_postgres;
  else if (sscanf(line, "role %63s %63s %63s", a, b, c) == 3)
    add_role(a, b, c);
  else if (sscanf(line, "run %d %d", &at_once, &count) == 2)
    run(at_once, count);
  else
    fail("input", "not a command");
}

int main(void)
{
  char line[LINE_BYTES];

  while (fgets(line, sizeof line, stdin) != NULL)
    command(line);
  return 0;
}
