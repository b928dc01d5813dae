#include "front.h"

#include "descriptor.h"
#include "outcome.h"
#include "run.h"

#include <errno.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};
const unsigned passed_on_count = sizeof passed_on / sizeof passed_on[0];

static bool watch_signals(sigset_t *watched)
{
    if (sigemptyset(watched) != 0 || sigaddset(watched, SIGCHLD) != 0)
        return false;
    for (unsigned i = 0; i < passed_on_count; i++)
        if (sigaddset(watched, passed_on[i]) != 0)
            return false;
    return sigprocmask(SIG_BLOCK, watched, NULL) == 0;
}

/* The caller's in all ids, with nothing open but the line to the keeper. */
static bool become_the_front(const struct run *run, int line)
{
    const struct identity *caller = &run->caller;

    if (!descriptors_let_go() || !descriptor_place(line, 3) || close_range(4, ~0U, 0) != 0)
        return false;
    return run->installation == LOG_ONLY ||
           (setgroups(caller->group_count, caller->groups) == 0 &&
            setresgid(caller->gid, caller->gid, caller->gid) == 0 &&
            setresuid(caller->uid, caller->uid, caller->uid) == 0);
}

/* The code of the keeper once it has ended, or -1. */
static int ended(pid_t keeper, int options)
{
    int status = 0;
    pid_t got;

    do
        got = waitpid(keeper, &status, options);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return -1;
    return got == keeper && WIFEXITED(status) ? WEXITSTATUS(status) : SYSTEM_FAULT;
}

static void pass_on(int line, pid_t keeper, const struct signalfd_siginfo *news)
{
    unsigned char number = (unsigned char)news->ssi_signo;

    /* The terminal sends its signals to the payload by itself; the keeper's only say that the payload goes on. */
    if (news->ssi_signo != SIGCHLD && news->ssi_code != SI_KERNEL && news->ssi_pid != (uint32_t)keeper)
        (void)send(line, &number, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static _Noreturn void be_the_front(const struct run *run, pid_t keeper, int line, const sigset_t *watched)
{
    struct pollfd news[2];
    int code = -1;

    if (!become_the_front(run, line))
        _exit(SYSTEM_FAULT);
    line = 3;
    news[0] = (struct pollfd){.fd = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN};
    news[1] = (struct pollfd){.fd = line};
    while (news[0].fd >= 0 && (code = ended(keeper, WNOHANG)) < 0) {
        struct signalfd_siginfo one;
        if (poll(news, 2, -1) < 0 && errno != EINTR)
            break;
        if ((news[1].revents & (POLLHUP | POLLERR)) != 0)
            news[1].fd = -1; /* it is about to end */
        while (read(news[0].fd, &one, sizeof one) == (ssize_t)sizeof one)
            pass_on(line, keeper, &one);
    }
    _exit(code >= 0 ? code : ended(keeper, 0));
}

/* Root in all ids where that can be had: nobody who might like this process to end may signal it. */
static bool become_the_keeper(struct run *run, int line, const sigset_t *watched)
{
    run->line = line;
    run->front = run->journal.pid;
    run->journal.pid = getpid();
    if (sigprocmask(SIG_UNBLOCK, watched, NULL) != 0) /* what a terminal sends ends the call as long as nothing runs */
        return false;
    return run->installation == LOG_ONLY || (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
}

int front_leave(struct run *run)
{
    sigset_t watched;
    int line[2] = {-1, -1};
    pid_t keeper = -1;

    if (!run->config.linger)
        return GO_ON;
    run->front_process = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (run->front_process >= 0 && watch_signals(&watched) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == 0)
        keeper = fork();
    if (keeper > 0)
        be_the_front(run, keeper, line[1], &watched);
    if (keeper == 0) {
        close(line[1]);
        if (become_the_keeper(run, line[0], &watched))
            return GO_ON;
    }
    journal_note(&run->journal, LOG_ERR, "There are no resources for lingering: %s.", strerror(errno));
    return run_fail(run, CAUSE_NO_RESOURCES);
}

void front_signal(const struct run *run, int number)
{
    (void)syscall(SYS_pidfd_send_signal, run->front_process, number, NULL, 0);
}

bool front_is_gone(const struct run *run)
{
    struct pollfd line = {.fd = run->line};

    /* Not by reading: what a front has said before it was killed is still there to be read. */
    return poll(&line, 1, 0) > 0 && (line.revents & (POLLHUP | POLLERR)) != 0;
}
