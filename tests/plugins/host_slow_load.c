/* Waits for ever before main can see it. */
#include <keyturn/rotator.h>
#include <unistd.h>

__attribute__((constructor)) static void wait_for_ever(void)
{
  for (;;)
    (void)pause();
}

KT_MODULE(NULL)
