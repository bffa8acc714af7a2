/* hosts.h - the host parts that a secret declares. */
#ifndef MYSQL_HOSTS_H
#define MYSQL_HOSTS_H
#include <stdbool.h>
#include <stddef.h>

#include <keyturn/rotator.h>

#define HOSTS_MAX 64

struct hosts {
  size_t n; /* 0: none declared, which means all */
  const char *item[HOSTS_MAX];
};

/* `text` is a JSON array of strings, or a list with commas, or NULL. */
int hosts_read(struct kt_step *step, const char *text, struct hosts *out);

bool hosts_declare(const struct hosts *hosts, const char *host);

#endif
