#include "child.h"

#include "clock.h"
#include "descriptor.h"
#include "outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_OF_THE_WAY 16  /* above every number that a child is given */
#define GRACE 2000         /* milliseconds between SIGTERM and SIGKILL */

/* Gives the child its descriptors and no others. They go out of the way first: a number may be another's place. */
static bool place_files(const struct child *child, int answer)
{
    struct child_file all[CHILD_FILES_MAX + 4];
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    size_t count = 0;
    int highest = 2;

    for (int number = 0; number <= 2; number++)
        all[count++] = (struct child_file){nothing, number};
    if (child->answer > 0)
        all[count++] = (struct child_file){answer, child->answer};
    for (size_t i = 0; i < child->file_count; i++)
        all[count++] = child->files[i];
    for (size_t i = 0; i < count; i++)
        if ((all[i].file = fcntl(all[i].file, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)) < 0)
            return false;
    for (size_t i = 0; i < count; i++) {
        if (!descriptor_place(all[i].file, all[i].as))
            return false;
        highest = all[i].as > highest ? all[i].as : highest;
    }
    return close_range((unsigned)highest + 1, ~0U, 0) == 0;
}

/* Root, wholly or in its group, is what the site itself asked for in its configuration: there is no way back to bar. */
static bool become(const struct identity *who)
{
    const char *why;

    if (who == NULL)
        return true;
    if (who->uid != 0 && who->gid != 0)
        return identity_switch_for_good(who, &why);
    return setgroups(who->group_count, who->groups) == 0 && setresgid(who->gid, who->gid, who->gid) == 0 &&
           setresuid(who->uid, who->uid, who->uid) == 0;
}

static _Noreturn void be_the_child(const struct child *child, int answer, pid_t parent)
{
    sigset_t none;

    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    /* A session of its own: no terminal, and all that it starts can be ended with it. */
    if (setsid() >= 0 && chdir("/") == 0 && sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
        place_files(child, answer) && become(child->identity) && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent)
        execve(child->arguments[0], child->arguments, child->environment);
    _exit(EXEC_FAILED);
}

/* Waits until the descriptor has news. False when the deadline has passed first. */
static bool wait_for(int descriptor, int64_t deadline)
{
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};

    for (;;) {
        int64_t left = deadline - clock_milliseconds();
        int ready = left > 0 ? poll(&watched, 1, (int)left) : 0;
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

static void hear(int answer_pipe, int64_t deadline, char *answer, size_t size, struct child_report *report)
{
    while (report->length < size) {
        ssize_t got;
        if (!wait_for(answer_pipe, deadline)) {
            report->timed_out = true;
            return;
        }
        got = read(answer_pipe, answer + report->length, size - report->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            report->failure = "the answer of the child cannot be read";
        if (got <= 0)
            return;
        report->length += (size_t)got;
    }
    report->failure = "the answer of the child is too long";
}

static void end_it(const struct child *child, pid_t pid, int process)
{
    if (child->gently && process >= 0) {
        (void)kill(-pid, SIGTERM);
        (void)wait_for(process, clock_milliseconds() + GRACE);
    }
    (void)kill(pid, SIGKILL);
}

static void see_it_end(const struct child *child, pid_t pid, int64_t deadline, struct child_report *report)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);

    if (process < 0)
        report->failure = "the child cannot be watched";
    else if (!report->timed_out && report->failure == NULL)
        report->timed_out = !wait_for(process, deadline);
    if (report->timed_out || report->failure != NULL)
        end_it(child, pid, process);
    if (process >= 0)
        close(process);
    /* Whatever a plugin left behind in the child's session ends with it. */
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &report->status, 0) < 0)
        if (errno != EINTR) {
            report->failure = "the child was lost";
            return;
        }
}

void child_run(const struct child *child, char *answer, size_t size, struct child_report *report)
{
    int64_t deadline = clock_milliseconds() + (int64_t)child->seconds * 1000;
    int ends[2] = {-1, -1};
    pid_t pid, self = getpid();

    *report = (struct child_report){.failure = NULL};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        report->failure = "there are no resources for a child";
        return;
    }
    pid = fork();
    if (pid == 0)
        be_the_child(child, ends[1], self);
    close(ends[1]);
    if (pid < 0) {
        report->failure = "there are no resources for a child";
    } else {
        if (child->answer > 0)
            hear(ends[0], deadline, answer, size - 1, report);
        see_it_end(child, pid, deadline, report);
    }
    close(ends[0]);
    if (child->answer > 0)
        answer[report->length] = '\0';
}
