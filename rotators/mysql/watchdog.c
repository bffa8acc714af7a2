/* watchdog.c - a thread that waits for the end of a step.
 *
 * The client libraries count timeouts in whole seconds, fix them at login and
 * begin anew at each read; their non-blocking calls differ between Oracle and
 * MariaDB.  A socket that is shut down ends every wait in both of them, at
 * once, as a lost connection.
 */
#include "watchdog.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct watchdog {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  struct timespec until; /* of CLOCK_MONOTONIC */
  int fd;                /* borrowed */
  bool is_stopped;
};

static void *watch(void *arg)
{
  struct watchdog *dog = arg;
  int r = 0;
  (void)pthread_mutex_lock(&dog->mutex);
  while (!dog->is_stopped && r == 0)
    r = pthread_cond_timedwait(&dog->wake, &dog->mutex, &dog->until);
  if (!dog->is_stopped)
    (void)shutdown(dog->fd, SHUT_RDWR); /* closed by the other side: fine */
  (void)pthread_mutex_unlock(&dog->mutex);
  return NULL;
}

struct watchdog *watchdog_start(int fd, int64_t ms)
{
  pthread_condattr_t attr;
  struct watchdog *dog = calloc(1, sizeof *dog);
  if (!dog)
    return NULL;
  dog->fd = fd;
  (void)clock_gettime(CLOCK_MONOTONIC, &dog->until);
  dog->until.tv_sec += ms / 1000;
  dog->until.tv_nsec += ms % 1000 * 1000000;
  if (dog->until.tv_nsec >= 1000000000) {
    dog->until.tv_sec++;
    dog->until.tv_nsec -= 1000000000;
  }
  /* None of these can fail with these arguments. */
  (void)pthread_condattr_init(&attr);
  (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&dog->wake, &attr);
  (void)pthread_condattr_destroy(&attr);
  (void)pthread_mutex_init(&dog->mutex, NULL);
  if (pthread_create(&dog->thread, NULL, watch, dog) == 0)
    return dog;
  (void)pthread_cond_destroy(&dog->wake);
  (void)pthread_mutex_destroy(&dog->mutex);
  free(dog);
  return NULL;
}

void watchdog_stop(struct watchdog *dog)
{
  if (!dog)
    return;
  (void)pthread_mutex_lock(&dog->mutex);
  dog->is_stopped = true;
  (void)pthread_cond_signal(&dog->wake);
  (void)pthread_mutex_unlock(&dog->mutex);
  (void)pthread_join(dog->thread, NULL);
  (void)pthread_cond_destroy(&dog->wake);
  (void)pthread_mutex_destroy(&dog->mutex);
  free(dog);
}
