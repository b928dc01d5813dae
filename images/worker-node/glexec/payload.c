#include "payload.h"

#include "keeper.h"
#include "outcome.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAYLOAD_MASK 022 /* gLExec 0.9.0-0.9.5 left 077 here and broke HTCondor's sandboxes */

enum cause payload_become(struct run *run, bool kept, const char **why, int *error)
{
    sigset_t none;

    *error = 0;
    if (run->installation == SETUID && !identity_switch_for_good(&run->target, why))
        return CAUSE_SWITCH_FAILED;
    *why = "its process could not be prepared";
    /* A keeper that root or the kernel has killed leaves no payload behind that nobody watches. */
    if (kept && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != run->journal.pid)) {
        *error = errno;
        return CAUSE_SWITCH_FAILED;
    }
    if (!limits_restore(&run->limits) || signal(SIGPIPE, SIG_DFL) == SIG_ERR || signal(SIGXFSZ, SIG_DFL) == SIG_ERR || sigemptyset(&none) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        *error = errno;
        return CAUSE_SWITCH_FAILED;
    }
    (void)umask(PAYLOAD_MASK);
    (void)execve(run->command.path, run->command.arguments, run->environment);
    *error = errno;
    *why = "the kernel would not run it";
    return CAUSE_NOT_EXECUTABLE;
}

int payload_run(struct run *run)
{
    const char *why = NULL;
    enum cause cause;
    int error = 0;

    credential_forget(run);
    if (run->config.linger)
        return keep(run);
    if (run->config.end_leftovers)
        journal_note(&run->journal, LOG_NOTICE, "end_leftovers: with linger = no nobody is left to end them.");
    cause = payload_become(run, false, &why, &error);
    journal_note(&run->journal, LOG_ERR, "%s was not run: %s%s%s.", run->command.path, why, error != 0 ? ", " : "",
                 error != 0 ? strerror(error) : "");
    run_tell("%s could not be run: %s.", run->command.given, error != 0 ? strerror(error) : "system fault");
    return run_fail(run, cause);
}
