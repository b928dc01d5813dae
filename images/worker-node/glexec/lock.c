#include "lock.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

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

static int take(int file, uint32_t mechanism, bool alone)
{
    struct flock whole = {.l_type = alone ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};

    return mechanism == LOCK_FLOCK ? flock(file, alone ? LOCK_EX : LOCK_SH) : fcntl(file, F_SETLKW, &whole);
}

static const char *lock(int file, uint32_t mechanism, uint32_t seconds, bool alone)
{
    const struct sigaction interrupting = {.sa_handler = wake_up};
    const char *problem = NULL;

    if (mechanism == LOCK_DISABLED)
        return NULL;
    if (sigaction(SIGALRM, &interrupting, NULL) != 0 || ring_after(seconds) != 0)
        return "the time limit for its lock cannot be set";
    if (take(file, mechanism, alone) != 0)
        problem = errno == EINTR ? "is locked by somebody else for too long" : strerror(errno);
    (void)ring_after(0);
    (void)signal(SIGALRM, SIG_DFL);
    return problem;
}

const char *lock_for_reading(int file, uint32_t mechanism, uint32_t seconds)
{
    return lock(file, mechanism, seconds, false);
}

const char *lock_for_writing(int file, uint32_t mechanism, uint32_t seconds)
{
    return lock(file, mechanism, seconds, true);
}
