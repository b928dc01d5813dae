#include "sane_start.h"

#include "outcome.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static char *nothing[] = {NULL};

static bool open_standard_descriptors(void)
{
    for (int wanted = 0; wanted <= 2; wanted++)
        if (fcntl(wanted, F_GETFD) < 0 && open("/dev/null", O_RDWR) != wanted)
            return false;
    return true;
}

/* The C library keeps some real-time signals to itself and refuses to talk about them; a caller can ignore them all. */
static bool reset_reserved(int number)
{
    const struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask[2];
    } as_at_birth = {.handler = SIG_DFL};

    return syscall(SYS_rt_sigaction, number, &as_at_birth, NULL, (NSIG - 1) / 8) == 0;
}

static bool reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        bool reserved = number >= __SIGRTMIN && number < SIGRTMIN;
        if (number == SIGKILL || number == SIGSTOP)
            continue;
        if (reserved ? !reset_reserved(number) : signal(number, SIG_DFL) == SIG_ERR)
            return false;
    }
    /* A closed pipe or a file size limit shall be an error that we see, not the end of us. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return false;
    return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

int sane_start(struct run *run)
{
    if (!open_standard_descriptors() || close_range(3, ~0U, 0) != 0)
        return run_fail(run, CAUSE_NO_RESOURCES); /* there is no descriptor yet that this could be said on */
    (void)umask(077);
    run->outer = environ != NULL ? environ : nothing;
    environ = nothing;
    journal_open(&run->journal);
    if (!reset_signals() || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !limits_set_aside(&run->limits)) {
        journal_note(&run->journal, LOG_ERR, "Signals, core dumps or limits cannot be set up.");
        return run_fail(run, CAUSE_NO_RESOURCES);
    }
    if (run->argc < 1 || run->argv[0] == NULL) {
        journal_note(&run->journal, LOG_ERR, "Called without a name in argv[0].");
        return run_fail(run, CAUSE_NO_NAME);
    }
    return GO_ON;
}
