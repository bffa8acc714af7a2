/* A wall clock that tests can set: preloaded into a program, it adds what the
 * file CLOCK_SHIFT_FILE holds, microseconds as eight bytes, to
 * CLOCK_REALTIME.  Other clocks run as ever, as when a person sets the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S  1000000
#define NS_PER_US 1000

static const volatile int64_t *shift_us;

__attribute__((constructor)) static void shift_open(void)
{
  const char *path = getenv("CLOCK_SHIFT_FILE");
  int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void *at = MAP_FAILED;

  if (fd >= 0)
    at = mmap(NULL, sizeof *shift_us, PROT_READ, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED)
    abort(); /* a test that believes in a wrong clock proves nothing */
  shift_us = at;
  (void)close(fd); /* the mapping stays */
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *ts)
{
  long rc = syscall(SYS_clock_gettime, id, ts);
  int64_t us;

  if (rc != 0 || id != CLOCK_REALTIME || shift_us == NULL)
    return (int)rc;
  us = ts->tv_nsec / NS_PER_US + *shift_us % US_PER_S;
  ts->tv_sec += *shift_us / US_PER_S + us / US_PER_S;
  ts->tv_nsec = us % US_PER_S * NS_PER_US;
  return 0;
}

/* The C library's own does not come by the function above. */
__attribute__((visibility("default"))) time_t time(time_t *out)
{
  struct timespec ts = {0};

  (void)clock_gettime(CLOCK_REALTIME, &ts); /* this clock never fails */
  if (out != NULL)
    *out = ts.tv_sec;
  return ts.tv_sec;
}
