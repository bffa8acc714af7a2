/* Dies while it is loaded. */
#include <keyturn/rotator.h>
#include <signal.h>

__attribute__((constructor)) static void die(void)
{
  (void)signal(SIGSEGV, SIG_DFL);
  (void)raise(SIGSEGV);
}

KT_MODULE(NULL)
