#include "keeper.h"

#include "clock.h"
#include "descriptor.h"
#include "epilogue.h"
#include "front.h"
#include "leftovers.h"
#include "outcome.h"
#include "payload.h"
#include "record.h"
#include "run.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE 2000 /* milliseconds between SIGTERM and SIGKILL for a payload whose front is gone */

/* What a child says that could not become the payload. */
struct failed_start {
    enum cause cause;
    int error;
    char why[100];
};

/* What the keeper waits for. */
struct watch {
    int line;    /* to the front, -1 once that is gone */
    int signals; /* SIGCHLD */
    int report;  /* of the child that is to become the payload, -1 once that has been heard */
    struct failed_start failed;
    pid_t payload;
    int64_t deadline; /* when a payload without a front is killed, 0: no time is set */
};

int keeper_code(int status)
{
    int code;

    if (WIFSIGNALED(status))
        return BY_SIGNAL + WTERMSIG(status);
    code = WEXITSTATUS(status);
    return code >= CALLER_FAULT && code <= PAYLOAD_COLLISION ? PAYLOAD_COLLISION : code;
}

static int open_signals(void)
{
    sigset_t all, child;

    if (sigfillset(&all) != 0 || sigprocmask(SIG_SETMASK, &all, NULL) != 0 || sigemptyset(&child) != 0 ||
        sigaddset(&child, SIGCHLD) != 0)
        return -1;
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The kernel, short of memory, shall take the payload and not who records its end. The payload has what the caller had: it is
 * there already. Where -1000 is not to be had (a container) it is at least not what the caller made of it. */
static void be_spared(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (file < 0)
        return;
    if (write(file, "-1000", strlen("-1000")) < 0)
        (void)!write(file, "0", 1);
    close(file);
}

static _Noreturn void be_the_payload(struct run *run, int report)
{
    struct failed_start failed = {0};
    const char *why = "";

    failed.cause = payload_become(run, true, &why, &failed.error);
    (void)strncpy(failed.why, why, sizeof failed.why - 1);
    _exit(write(report, &failed, sizeof failed) == sizeof failed ? cause_code(failed.cause) : SYSTEM_FAULT);
}

/* The child says why it could not become the payload, while a payload's descriptor closes unused. Until then it belongs to the
 * mapped account, which may stop it: so it is waited for as the payload is. */
static void hear_start(struct watch *watch)
{
    ssize_t got = read(watch->report, &watch->failed, sizeof watch->failed);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    close(watch->report);
    watch->report = -1;
    if (got == 0)
        (void)descriptors_let_go();
}

/* Takes leave of those who have lost their parent below us and ended: they would fill the table of processes. */
static void reap_orphans(pid_t payload)
{
    siginfo_t one = {.si_pid = 0};

    while (waitid(P_ALL, 0, &one, WEXITED | WNOHANG | WNOWAIT) == 0 && one.si_pid != 0 && one.si_pid != payload) {
        (void)waitpid(one.si_pid, NULL, WNOHANG);
        one.si_pid = 0;
    }
}

/* Whether it has ended. What the caller sees of it, the front, stops and goes on with it, and is not left stopped at the end. */
static bool ended(const struct run *run, pid_t payload, int *status, struct rusage *used)
{
    pid_t got;

    reap_orphans(payload);
    do
        got = wait4(payload, status, WNOHANG | WUNTRACED | WCONTINUED, used);
    while (got < 0 && errno == EINTR);
    if (got != payload)
        return false;
    front_signal(run, WIFSTOPPED(*status) ? SIGSTOP : SIGCONT);
    return WIFEXITED(*status) || WIFSIGNALED(*status);
}

static void hear(struct watch *watch)
{
    unsigned char number;
    ssize_t got = recv(watch->line, &number, 1, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got == 1) {
        for (unsigned i = 0; i < passed_on_count; i++)
            if (number == passed_on[i])
                (void)kill(watch->payload, number);
        return;
    }
    /* Nobody is there any more who could be told how it ends: it ends now. */
    watch->line = -1;
    watch->deadline = clock_milliseconds() + GRACE;
    (void)kill(watch->payload, SIGTERM);
    (void)kill(watch->payload, SIGCONT);
}

static void wait_for_end(const struct run *run, struct watch *watch, int *status, struct rusage *used)
{
    struct signalfd_siginfo news;

    while (!ended(run, watch->payload, status, used)) {
        struct pollfd watched[] = {{.fd = watch->line, .events = POLLIN},
                                   {.fd = watch->signals, .events = POLLIN},
                                   {.fd = watch->report, .events = POLLIN}};
        int64_t left = watch->deadline > 0 ? watch->deadline - clock_milliseconds() : -1;
        int ready = watch->deadline > 0 && left <= 0 ? 0 : poll(watched, 3, (int)left);
        if (ready == 0) {
            (void)kill(watch->payload, SIGKILL);
            watch->deadline = clock_milliseconds() + GRACE;
        }
        if (ready > 0 && watched[0].revents != 0)
            hear(watch);
        if (ready > 0 && watched[2].revents != 0)
            hear_start(watch);
        while (read(watch->signals, &news, sizeof news) == (ssize_t)sizeof news)
            continue;
    }
    if (watch->report >= 0)
        hear_start(watch);
}

static int say_not_started(struct run *run, const struct failed_start *failed)
{
    journal_note(&run->journal, LOG_ERR, "%s was not run: %s%s%s.", run->command.path, failed->why,
                 failed->error != 0 ? ", " : "", failed->error != 0 ? strerror(failed->error) : "");
    run_tell("%s could not be run: %s.", run->command.given,
             failed->error != 0 ? strerror(failed->error) : "system fault");
    return run_fail(run, failed->cause);
}

static int no_resources(struct run *run)
{
    journal_note(&run->journal, LOG_ERR, "There are no resources for a payload: %s.", strerror(errno));
    return run_fail(run, CAUSE_NO_RESOURCES);
}

static int no_front(struct run *run)
{
    journal_note(&run->journal, LOG_WARNING, "%s was not run: the switch was killed before.", run->command.path);
    return run_fail(run, CAUSE_CALLER_LEFT);
}

/* All that is to be done behind a payload. */
static int clear_up(struct run *run, const struct watch *watch, int status)
{
    if (watch->line < 0)
        journal_note(&run->journal, LOG_WARNING, "The switch was killed before its payload, which was ended then.");
    if (run->config.end_leftovers)
        leftovers_end(run, watch->signals);
    scratch_remove(run);
    return epilogue_run(run, watch->payload, status);
}

int keep(struct run *run)
{
    struct watch watch = {.line = run->line, .signals = open_signals()};
    struct rusage used = {0};
    int report[2], status = 0;

    if (front_is_gone(run))
        return no_front(run);
    if (watch.signals < 0 || (run->config.end_leftovers && !leftovers_gather()) || pipe2(report, O_CLOEXEC | O_NONBLOCK) != 0)
        return no_resources(run);
    watch.payload = fork();
    if (watch.payload == 0)
        be_the_payload(run, report[1]);
    close(report[1]);
    if (watch.payload < 0)
        return no_resources(run);
    be_spared();
    watch.report = report[0];
    wait_for_end(run, &watch, &status, &used);
    record_end(run, status, &used);
    if (watch.failed.cause != CAUSE_NONE)
        return say_not_started(run, &watch.failed);
    return clear_up(run, &watch, status);
}
