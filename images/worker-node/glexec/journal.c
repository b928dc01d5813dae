#include "journal.h"

#include "places.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 8000 /* below rsyslogd's usual bound of 8 KiB for a message */
#define SEND_SECONDS 2 /* how long a hung log daemon may keep a line */

static int connect_to_system_log(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSTEM_LOG};
    const struct timeval limit = {.tv_sec = SEND_SECONDS};
    int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (log < 0)
        return -1;
    if (setsockopt(log, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        connect(log, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(log);
        return -1;
    }
    return log;
}

void journal_open(struct journal *journal)
{
    *journal = (struct journal){.file = -1, .facility = LOG_DAEMON, .level = 3, .pid = getpid()};
    journal->system_log = connect_to_system_log();
}

bool journal_ready(const struct journal *journal)
{
    return journal->file >= 0 || journal->system_log >= 0;
}

static int level_of(int severity)
{
    switch (severity) {
    case LOG_WARNING:
        return 2;
    case LOG_NOTICE:
        return 3;
    case LOG_INFO:
        return 4;
    case LOG_DEBUG:
        return 5;
    default:
        return 1;
    }
}

static bool put(int log, const char *message, size_t length)
{
    ssize_t written;

    do
        written = write(log, message, length);
    while (written < 0 && errno == EINTR);
    return written == (ssize_t)length;
}

static bool put_to_system_log(struct journal *journal, const char *message, bool patient)
{
    size_t length = strlen(message);
    int flags = journal->hangs && !patient ? MSG_DONTWAIT : 0;
    ssize_t sent;

    do
        sent = send(journal->system_log, message, length, flags);
    while (sent < 0 && errno == EINTR);
    journal->hangs = sent < 0 && errno == EAGAIN;
    return sent == (ssize_t)length;
}

/* A log daemon that was restarted while a payload ran has a new socket: one more try on that one. */
static bool send_to_system_log(struct journal *journal, const char *message, bool patient)
{
    if (journal->system_log >= 0) {
        if (put_to_system_log(journal, message, patient))
            return true;
        if (errno == EAGAIN)
            return false; /* it is there and hangs */
        close(journal->system_log);
    }
    journal->system_log = connect_to_system_log();
    return journal->system_log >= 0 && put_to_system_log(journal, message, patient);
}

static bool write_line(struct journal *journal, int severity, const char *line, bool patient)
{
    char text[LINE_SIZE], message[LINE_SIZE + 100], stamp[32];
    time_t now = time(NULL);
    struct tm local;

    if (localtime_r(&now, &local) == NULL || strftime(stamp, sizeof stamp, "%b %e %T", &local) == 0)
        return false;
    text_one_line(text, sizeof text, line);
    if (journal->file >= 0) {
        if (!text_print(message, sizeof message, "%s glexec[%d]: %s\n", stamp, (int)journal->pid, text))
            return false;
        return put(journal->file, message, strlen(message));
    }
    if (!text_print(message, sizeof message, "<%d>%s glexec[%d]: %s", journal->facility | severity, stamp,
                    (int)journal->pid, text))
        return false;
    return send_to_system_log(journal, message, patient);
}

void journal_note(struct journal *journal, int severity, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    if (level_of(severity) > journal->level)
        return;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)write_line(journal, severity, line, false);
}

bool journal_record(struct journal *journal, const char *line)
{
    return write_line(journal, LOG_NOTICE, line, true);
}

void journal_pass_on(struct journal *journal, int severity, const char *line)
{
    char text[LINE_SIZE];

    if (text_print(text, sizeof text, "lcmaps: %s", line))
        (void)write_line(journal, severity, text, false);
}
