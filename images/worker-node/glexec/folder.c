#include "folder.h"

#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

int folder_enter(struct run *run)
{
    char callers[PATH_MAX];
    bool known = getcwd(callers, sizeof callers) != NULL && callers[0] == '/';
    bool entered;

    if (!run_act_as(run, &run->target))
        return run_fail(run, CAUSE_SWITCH_FAILED);
    entered = (run->target.home[0] == '/' && chdir(run->target.home) == 0) || (known && chdir(callers) == 0) ||
              chdir("/") == 0;
    if (entered && getcwd(run->folder, sizeof run->folder) == NULL)
        entered = text_print(run->folder, sizeof run->folder, "(unknown)");
    run_act_as_self(run);
    if (entered)
        return GO_ON;
    journal_note(&run->journal, LOG_ERR, "There is no folder that %s can start in.", run->target.name);
    return run_fail(run, CAUSE_NO_FOLDER);
}
