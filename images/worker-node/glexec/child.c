#include "child.h"

#include "descriptor.h"
#include "outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The input as a file in memory: the child can read it at its own pace and nobody has to feed it. */
static int input_file(const struct child *child)
{
    int file = memfd_create("credential", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t written = 0;

    if (file < 0)
        return -1;
    while (written < child->input_length) {
        ssize_t count = write(file, child->input + written, child->input_length - written);
        if (count <= 0) {
            close(file);
            return -1;
        }
        written += (size_t)count;
    }
    if (lseek(file, 0, SEEK_SET) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0)
        return file;
    close(file);
    return -1;
}

static bool place_descriptors(int input, int answer, int answer_fd)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* 0-2 are always open, so none of the three is there: the answer, which may land on one of them, goes last. */
    bool placed = nothing >= 0 && descriptor_place(input, 0) && descriptor_place(nothing, 1) &&
                  descriptor_place(nothing, 2) && descriptor_place(answer, answer_fd);

    return placed && close_range((unsigned)answer_fd + 1, ~0U, 0) == 0;
}

static bool become(const struct child *child)
{
    const char *why;

    if (child->identity != NULL)
        return identity_switch_for_good(child->identity, &why);
    if (child->as_root)
        return setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0;
    return true;
}

static _Noreturn void be_the_child(const struct child *child, int input, int answer)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    /* A session of its own: no terminal, and all that it starts can be ended with it. */
    if (setsid() >= 0 && place_descriptors(input, answer, child->answer_fd) && become(child) &&
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0)
        execve(child->arguments[0], child->arguments, child->environment);
    _exit(EXEC_FAILED);
}

static int64_t milliseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the descriptor has news. False when the deadline has passed first. */
static bool wait_for(int descriptor, int64_t deadline)
{
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};

    for (;;) {
        int64_t left = deadline - milliseconds();
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

static void see_it_end(pid_t pid, int64_t deadline, struct child_report *report)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0);

    if (process < 0)
        report->failure = "the child cannot be watched";
    else if (!report->timed_out && report->failure == NULL)
        report->timed_out = !wait_for(process, deadline);
    if (process >= 0)
        close(process);
    if (report->timed_out || report->failure != NULL)
        (void)kill(pid, SIGKILL);
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
    int64_t deadline = milliseconds() + (int64_t)child->seconds * 1000;
    int ends[2] = {-1, -1}, input = input_file(child);
    pid_t pid;

    *report = (struct child_report){.failure = NULL};
    answer[0] = '\0';
    if (input < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        report->failure = "there are no resources for a child";
        if (input >= 0)
            close(input);
        return;
    }
    pid = fork();
    if (pid == 0)
        be_the_child(child, input, ends[1]);
    close(input);
    close(ends[1]);
    if (pid < 0) {
        report->failure = "there are no resources for a child";
    } else {
        hear(ends[0], deadline, answer, size - 1, report);
        see_it_end(pid, deadline, report);
    }
    close(ends[0]);
    answer[report->length] = '\0';
}
