#include "patience.h"

#include <stddef.h>
#include <sys/time.h>

static void wake_up(int number)
{
    (void)number;
}

/* A timer that rings once and then ten times a second, so that a ring before the wait has begun is not the only one. */
static int ring_after(uint32_t seconds)
{
    const struct itimerval timer = {.it_value = {.tv_sec = seconds}, .it_interval = {.tv_usec = 100000}};
    const struct itimerval none = {.it_value = {0}};

    return setitimer(ITIMER_REAL, seconds > 0 ? &timer : &none, NULL);
}

bool patience_begin(struct patience *patience, uint32_t seconds)
{
    const struct sigaction interrupting = {.sa_handler = wake_up};
    sigset_t alarm;

    if (sigaction(SIGALRM, &interrupting, NULL) != 0 || sigemptyset(&alarm) != 0 || sigaddset(&alarm, SIGALRM) != 0 ||
        sigprocmask(SIG_UNBLOCK, &alarm, &patience->mask) != 0)
        return false;
    if (ring_after(seconds) == 0)
        return true;
    patience_end(patience);
    return false;
}

void patience_end(const struct patience *patience)
{
    (void)ring_after(0);
    (void)sigprocmask(SIG_SETMASK, &patience->mask, NULL);
    (void)signal(SIGALRM, SIG_DFL);
}
