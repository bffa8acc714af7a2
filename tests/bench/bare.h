/* The database work that no rotation can avoid, one function for each server:
 * what bare_rotation.c times. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#define NAME_BYTES     64
#define VERIFIER_BYTES 256

struct account {
  const char *host, *port, *dbname; /* dbname: PostgreSQL's only */
  char name[NAME_BYTES];
  /* It goes back and forth between these two. */
  char password[2][NAME_BYTES], verifier[2][VERIFIER_BYTES];
  int current;
};

/* Each prints why and ends the program when the server does not play along. */
struct bare {
  const char *name;
  void (*prepare)(struct account *a); /* computes the verifiers */
  /* Logs in with password[current], sets the other verifier, logs in with the
   * other password. */
  void (*rotate)(struct account *a);
};

extern const struct bare bare_postgres, bare_mysql;

_Noreturn void fail(const char *doing, const char *why);

#endif
