#include "about.h"

#include "outcome.h"
#include "places.h"
#include "run.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

#define NAME "gLExec, the reference switch of glexec-testbed, version " VERSION "\n"
#define SETTLED                                                                                                        \
    "configuration: " GLEXEC_CONF "\nmapping program: " LCMAPS_ACCOUNT "\nsystem log: " SYSTEM_LOG                     \
    "\naccounts in use: " RUN_FOLDER "\naccount for reading and mapping: glexec\n"

static int say(const char *text)
{
    size_t length = strlen(text);

    return write(STDOUT_FILENO, text, length) == (ssize_t)length ? ENOUGH : SYSTEM_FAULT;
}

int about_tell(struct run *run)
{
    if (run->argc == 2 && strcmp(run->argv[1], "-v") == 0)
        return say(NAME);
    if (run->argc == 2 && strcmp(run->argv[1], "-V") == 0)
        return say(NAME SETTLED);
    return GO_ON;
}
