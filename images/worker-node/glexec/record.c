#include "record.h"

#include "clock.h"
#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define SHOWN 1024 /* characters of one value; longer ones are cut, and the line says so */
#define LINE 7500
#define PATIENCE 10000 /* milliseconds for a log daemon that is being restarted while a payload ends */
#define PAUSE 100      /* milliseconds between two attempts */

static bool record_whose(struct run *run)
{
    char line[LINE], value[SHOWN];
    size_t used;

    text_escape(value, sizeof value, run->account.dn);
    (void)text_print(line, sizeof line, "Used DN: \"%s\"", value);
    for (size_t i = 0; i < run->account.fqan_count; i++) {
        text_escape(value, sizeof value, run->account.fqans[i]);
        used = strlen(line);
        if (used + strlen(value) + 128 > sizeof line) {
            (void)text_print(line + used, sizeof line - used, " ...[cut, %zu FQANs]", run->account.fqan_count);
            break;
        }
        (void)text_print(line + used, sizeof line - used, " Used FQAN: \"%s\"", value);
    }
    used = strlen(line);
    if (run->front != 0) /* the number that the pilot's own log has */
        (void)text_print(line + used, sizeof line - used, " Called as: %d", (int)run->front);
    return journal_record(&run->journal, line);
}

/* All arguments behind the command, with blanks between, as far as they fit. */
static void join_arguments(char *out, size_t size, char **arguments)
{
    char beginning[SHOWN + 1] = "";
    size_t used = 0, whole = 0;

    for (char **argument = arguments; *argument != NULL; argument++) {
        const char *blank = argument != arguments ? " " : "";
        whole += strlen(blank) + strlen(*argument);
        (void)text_print(beginning + used, sizeof beginning - used, "%s%s", blank, *argument);
        used = strlen(beginning);
    }
    text_escape_part(out, size, beginning, whole);
}

static bool record_what(struct run *run)
{
    char line[LINE], folder[SHOWN], given[SHOWN], path[SHOWN], arguments[2 * SHOWN];
    size_t used;

    text_escape(folder, sizeof folder, run->folder);
    text_escape(given, sizeof given, run->command.given);
    text_escape(path, sizeof path, run->command.path);
    if (!text_print(line, sizeof line,
                    "real_user(%s),real_group(%s)->mapped_user(%s),mapped_group(%s) cwd: \"%s\" cmd: \"%s\" (=\"%s\")",
                    run->caller.name, run->caller.group, run->target.name, run->target.group, folder, given, path))
        return false;
    if (run->command.arguments[1] != NULL) {
        join_arguments(arguments, sizeof arguments, run->command.arguments + 1);
        used = strlen(line);
        (void)text_print(line + used, sizeof line - used, " args: \"%s\"", arguments);
    }
    return journal_record(&run->journal, line);
}

static bool record_renewal(struct run *run)
{
    char line[LINE], path[SHOWN];

    text_escape(path, sizeof path, run->target_proxy);
    return text_print(line, sizeof line,
                      "real_user(%s),real_group(%s)->mapped_user(%s),mapped_group(%s) no command, proxy: \"%s\"",
                      run->caller.name, run->caller.group, run->target.name, run->target.group, path) &&
           journal_record(&run->journal, line);
}

int record_start(struct run *run)
{
    if (record_whose(run) && (run->command.given != NULL ? record_what(run) : record_renewal(run)))
        return run->command.given != NULL ? GO_ON : ENOUGH;
    run_tell("No record of the call can be written.");
    return run_fail(run, CAUSE_NO_RECORD);
}

/* There is only this chance to record an end, and nobody is kept waiting by it but the front. */
static bool record_patiently(struct run *run, const char *line)
{
    const struct timespec pause = {.tv_nsec = PAUSE * 1000000L};
    int64_t until = clock_milliseconds() + PATIENCE;

    while (!journal_record(&run->journal, line)) {
        if (clock_milliseconds() >= until)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

void record_end(struct run *run, int status, const struct rusage *used)
{
    char line[LINE];
    bool by_signal = WIFSIGNALED(status);

    (void)text_print(line, sizeof line, "Terminated, %s %d, CPU user %ld.%03ld system %ld.%03ld mapped_user(%s)",
                     by_signal ? "signal" : "exit", by_signal ? WTERMSIG(status) : WEXITSTATUS(status),
                     (long)used->ru_utime.tv_sec, (long)used->ru_utime.tv_usec / 1000, (long)used->ru_stime.tv_sec,
                     (long)used->ru_stime.tv_usec / 1000, run->target.name);
    (void)record_patiently(run, line); /* if not: the caller's descriptors have been let go, nobody can be told */
}
