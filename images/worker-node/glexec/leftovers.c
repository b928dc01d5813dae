#include "leftovers.h"

#include "clock.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLITE 2000   /* milliseconds that they have after SIGTERM */
#define PATIENCE 5000 /* milliseconds for SIGKILL, which some hardware makes wait */
#define CHILDREN "/proc/thread-self/children"
#define LIST_SIZE 65536 /* of their numbers; more come to light when these have ended */

bool leftovers_gather(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

/* Takes leave of those that have ended. False when there is none at all any more. */
static bool reap(unsigned *count)
{
    pid_t got;

    while ((got = waitpid(-1, NULL, WNOHANG)) > 0)
        (*count)++;
    return got == 0;
}

/* Sends a signal to every child; those of theirs follow when they have lost their parent. False when none is seen. */
static bool signal_all(int number)
{
    char list[LIST_SIZE + 1], *at = list;
    int file = open(CHILDREN, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, list, LIST_SIZE) : -1;
    bool seen = false;

    if (file >= 0)
        close(file);
    list[length > 0 ? length : 0] = '\0';
    while (*at != '\0') {
        pid_t pid = 0;
        for (; *at >= '0' && *at <= '9'; at++)
            pid = pid * 10 + (*at - '0');
        if (*at != ' ')
            break; /* the list was cut inside a number */
        at++;
        seen = (pid > 0 && kill(pid, number) == 0) || seen;
    }
    return seen;
}

static void wait_for_news(int signals, int64_t until)
{
    struct pollfd watched = {.fd = signals, .events = POLLIN};
    struct signalfd_siginfo news;
    int64_t left = until - clock_milliseconds();

    if (left > 0)
        (void)poll(&watched, 1, (int)left);
    while (read(signals, &news, sizeof news) == (ssize_t)sizeof news)
        continue;
}

/* False when some are still there at the end of the time. */
static bool end_by(int number, int signals, int64_t milliseconds, unsigned *count)
{
    int64_t until = clock_milliseconds() + milliseconds;

    while (reap(count)) {
        if (clock_milliseconds() >= until)
            return false;
        (void)signal_all(number);
        wait_for_news(signals, until);
    }
    return true;
}

void leftovers_end(struct run *run, int signals)
{
    unsigned count = 0;
    bool gone = end_by(SIGTERM, signals, POLITE, &count);
    bool killed = !gone;

    if (!gone)
        gone = end_by(SIGKILL, signals, PATIENCE, &count);
    if (count > 0)
        journal_note(&run->journal, LOG_NOTICE, "Ended %u processes that the payload had left running%s.", count,
                     killed ? ", with SIGKILL" : "");
    if (!gone)
        journal_note(&run->journal, LOG_ERR, "Processes that the payload has left running cannot be ended.");
}
