#include "request.h"

#include "outcome.h"
#include "run.h"
#include "text.h"

#include <string.h>

#define ID_SHOWN 512

static int refuse_mode(struct run *run, const char *mode)
{
    char shown[ID_SHOWN];

    text_escape(shown, sizeof shown, mode);
    journal_note(&run->journal, LOG_WARNING, "GLEXEC_MODE \"%s\" is not available.", shown);
    run_tell("The $GLEXEC_MODE asked for is not available.");
    return run_fail(run, CAUSE_MODE_UNKNOWN);
}

static int read_account(struct run *run)
{
    /* Without a policy's name LCMAPS tries all that are in its file: for the site to choose, not for the caller. */
    if (run->config.lcmaps_verify_account_policy[0] == '\0')
        return refuse_mode(run, "lcmaps_verify_account");
    run->request.verify = true;
    run->request.account = run_outer(run, "GLEXEC_ACCOUNT");
    if (run->request.account != NULL && run->request.account[0] != '\0')
        return GO_ON;
    journal_note(&run->journal, LOG_WARNING, "GLEXEC_MODE is lcmaps_verify_account, but GLEXEC_ACCOUNT names none.");
    run_tell("$GLEXEC_ACCOUNT has to name the account that is to be verified.");
    return run_fail(run, CAUSE_ACCOUNT_NOT_NAMED);
}

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
    return strcmp(mode, "lcmaps_verify_account") == 0 ? read_account(run) : refuse_mode(run, mode);
}
