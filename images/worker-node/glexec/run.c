#include "run.h"

#include "patience.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LISTENING 2 /* seconds that a caller who does not read may keep a line */

int run_fail(struct run *run, enum cause cause)
{
    if (run->cause == CAUSE_NONE)
        run->cause = cause;
    return cause_code(cause);
}

bool run_act_as(struct run *run, const struct identity *who)
{
    if (run->installation == LOG_ONLY || identity_take_on(who))
        return true;
    identity_resume();
    journal_note(&run->journal, LOG_ERR, "Cannot act as uid %u.", (unsigned)who->uid);
    return false;
}

void run_act_as_self(const struct run *run)
{
    if (run->installation != LOG_ONLY)
        identity_resume();
}

const char *run_outer(const struct run *run, const char *name)
{
    size_t length = strlen(name);

    for (char **variable = run->outer; *variable != NULL; variable++)
        if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=')
            return *variable + length + 1;
    return NULL;
}

static void say(const char *message)
{
    struct patience patience;

    if (!patience_begin(&patience, LISTENING))
        return;
    if (write(STDERR_FILENO, message, strlen(message)) < 0)
        (void)0; /* the exit code says it as well */
    patience_end(&patience);
}

void run_tell(const char *format, ...)
{
    char line[2 * PATH_MAX], text[2 * PATH_MAX], message[2 * PATH_MAX + 16];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_one_line(text, sizeof text, line);
    if (text_print(message, sizeof message, "[gLExec]: %s\n", text))
        say(message);
}
