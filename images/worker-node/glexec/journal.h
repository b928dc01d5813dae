/* Where the switch writes lines: the system log or the site's file. Every write says whether it was taken. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>
#include <syslog.h>

struct journal {
    int system_log; /* datagram socket to /dev/log, -1 when there is none */
    int file;       /* the site's log file, -1 when lines go to the system log */
    int facility;
    int level; /* 0 nothing, 1 fatal, 2 warnings, 3 notices, 4 information, 5 debugging */
    bool hangs; /* the system log has let a line wait in vain: notes do not wait any more, records do */
    pid_t pid;  /* the join key of all lines of one call */
};

/* Connects to the system log. Failure is remembered, not fatal: the configuration may name a file instead. */
void journal_open(struct journal *journal);

/* Whether lines can be written to the place that the configuration has chosen. */
bool journal_ready(const struct journal *journal);

/* Writes one line if the level asks for it. libc's syslog() is not used because it cannot report a loss. */
void journal_note(struct journal *journal, int severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes one line whatever the level. False: it is lost, and nothing may be run on the strength of it. */
bool journal_record(struct journal *journal, const char *line);

/* Passes on a line of LCMAPS', whose level the site has asked LCMAPS for. */
void journal_pass_on(struct journal *journal, int severity, const char *line);

#endif
