#include "command.h"

#include "outcome.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *look_at(struct command *command)
{
    struct stat status;

    if (command->given[0] != '/')
        return "is not an absolute path";
    if (realpath(command->given, command->path) == NULL || stat(command->path, &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "is not a regular file";
    if (faccessat(AT_FDCWD, command->path, X_OK, AT_EACCESS) != 0)
        return strerror(errno);
    return NULL;
}

int command_find(struct run *run)
{
    struct command *command = &run->command;
    const char *problem;

    if (run->argc < 2)
        return GO_ON;
    command->given = run->argv[1];
    command->arguments = run->argv + 1;
    if (!run_act_as(run, &run->target))
        return run_fail(run, CAUSE_SWITCH_FAILED);
    problem = look_at(command);
    run_act_as_self(run);
    if (problem == NULL)
        return GO_ON;
    journal_note(&run->journal, LOG_WARNING, "Command %s for %s: %s.", command->given, run->target.name, problem);
    run_tell("The command %s cannot be executed by the mapped user: %s.", command->given, problem);
    return run_fail(run, CAUSE_COMMAND_UNUSABLE);
}
