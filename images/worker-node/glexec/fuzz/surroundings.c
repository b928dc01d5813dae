/* What stands around a parser in the switch, as far as the targets need it: nothing here does anything but listen. */
#include "surroundings.h"

#include "fuzz.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct heard heard;

static void listen_to(const char *format, va_list arguments)
{
    char line[16384];

    holds(vsnprintf(line, sizeof line, format, arguments) >= 0);
}

void journal_note(struct journal *journal, int severity, const char *format, ...)
{
    va_list arguments;

    (void)journal;
    (void)severity;
    va_start(arguments, format);
    listen_to(format, arguments);
    va_end(arguments);
}

bool journal_record(struct journal *journal, const char *line)
{
    (void)journal;
    holds(heard.count < HEARD_MAX);
    return text_print(heard.lines[heard.count++], HEARD_SIZE, "%s", line);
}

void run_tell(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    listen_to(format, arguments);
    va_end(arguments);
}

int run_fail(struct run *run, enum cause cause)
{
    if (run->cause == CAUSE_NONE)
        run->cause = cause;
    return cause_code(cause);
}

const char *run_outer(const struct run *run, const char *name)
{
    size_t length = strlen(name);

    for (char **variable = run->outer; *variable != NULL; variable++)
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
            return *variable + length + 1;
    return NULL;
}

bool run_act_as(struct run *run, const struct identity *who)
{
    (void)run;
    (void)who;
    return true;
}

void run_act_as_self(const struct run *run)
{
    (void)run;
}
