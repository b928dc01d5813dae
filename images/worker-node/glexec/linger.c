#include "linger.h"

#include "descriptor.h"
#include "outcome.h"
#include "payload.h"
#include "record.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};

/* What a child says that could not become the payload. */
struct failed_start {
    int code, error;
    char why[100];
};

int linger_code(int status)
{
    int code;

    if (WIFSIGNALED(status))
        return BY_SIGNAL + WTERMSIG(status);
    code = WEXITSTATUS(status);
    return code >= CALLER_FAULT && code <= PAYLOAD_COLLISION ? PAYLOAD_COLLISION : code;
}

static bool watch_signals(sigset_t *watched)
{
    if (sigemptyset(watched) != 0 || sigaddset(watched, SIGCHLD) != 0)
        return false;
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        if (sigaddset(watched, passed_on[i]) != 0)
            return false;
    return sigprocmask(SIG_BLOCK, watched, NULL) == 0;
}

static _Noreturn void be_the_payload(struct run *run, int report)
{
    struct failed_start failed = {0};
    const char *why = "";

    failed.code = payload_become(run, &why, &failed.error);
    (void)strncpy(failed.why, why, sizeof failed.why - 1);
    _exit(write(report, &failed, sizeof failed) == sizeof failed ? failed.code : SYSTEM_FAULT);
}

/* Whether the child could not become the payload: it then says why, while a payload's descriptor closes unused. */
static bool start_failed(int report, struct failed_start *failed)
{
    ssize_t got;

    do
        got = read(report, failed, sizeof *failed);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *failed;
}

/* The caller waits for the end of the payload's output, not of ours: keep nothing of it open. */
static void let_go_of_standard_descriptors(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int descriptor = 0; nothing >= 0 && descriptor <= 2; descriptor++)
        (void)descriptor_place(nothing, descriptor);
    if (nothing > 2)
        close(nothing);
}

static bool ended(pid_t payload, int *status, struct rusage *used)
{
    pid_t got;

    do
        got = wait4(payload, status, WNOHANG, used);
    while (got < 0 && errno == EINTR);
    return got == payload;
}

/* Passes signals on until the payload ends. The terminal sends its signals to the payload by itself. */
static void wait_for_end(pid_t payload, const sigset_t *watched, int *status, struct rusage *used)
{
    while (!ended(payload, status, used)) {
        siginfo_t news;
        int number = sigwaitinfo(watched, &news);
        if (number > 0 && number != SIGCHLD && news.si_code != SI_KERNEL)
            (void)kill(payload, number);
    }
}

static int say_not_started(struct run *run, const struct failed_start *failed)
{
    journal_note(&run->journal, LOG_ERR, "%s was not run: %s%s%s.", run->command.path, failed->why,
                 failed->error != 0 ? ", " : "", failed->error != 0 ? strerror(failed->error) : "");
    run_tell("%s could not be run: %s.", run->command.given,
             failed->error != 0 ? strerror(failed->error) : "system fault");
    return failed->code;
}

static int no_child(struct run *run)
{
    journal_note(&run->journal, LOG_ERR, "There are no resources for a payload: %s.", strerror(errno));
    return SYSTEM_FAULT;
}

int linger(struct run *run)
{
    struct failed_start failed = {0};
    struct rusage used = {0};
    sigset_t watched;
    int report[2], status = 0;
    bool not_started;
    pid_t payload;

    if (!watch_signals(&watched) || pipe2(report, O_CLOEXEC) != 0)
        return no_child(run);
    payload = fork();
    if (payload == 0)
        be_the_payload(run, report[1]);
    close(report[1]);
    if (payload < 0) {
        close(report[0]);
        return no_child(run);
    }
    not_started = start_failed(report[0], &failed);
    close(report[0]);
    if (!not_started)
        let_go_of_standard_descriptors();
    wait_for_end(payload, &watched, &status, &used);
    record_end(run, status, &used);
    return not_started ? say_not_started(run, &failed) : linger_code(status);
}
