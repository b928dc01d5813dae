#include "request.h"

#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>

#define ID_SHOWN 512

int request_read(struct run *run)
{
    const char *mode = run_outer(run, "GLEXEC_MODE");
    const char *id = run_outer(run, "GLEXEC_ID");
    char shown[ID_SHOWN];

    if (id != NULL) {
        text_escape(shown, sizeof shown, id);
        journal_note(&run->journal, LOG_NOTICE, "GLEXEC_ID: \"%s\"", shown);
    }
    if (mode == NULL || strcmp(mode, "lcmaps_get_account") == 0)
        return GO_ON;
    text_escape(shown, sizeof shown, mode);
    journal_note(&run->journal, LOG_WARNING, "GLEXEC_MODE \"%s\" is not available.", shown);
    run_tell("The $GLEXEC_MODE asked for is not available.");
    return CALLER_FAULT;
}
