/* glexec: runs a payload as the account that its user is mapped to, or records that it was allowed to run. */
#include "about.h"
#include "admission.h"
#include "callers.h"
#include "command.h"
#include "credential.h"
#include "environment.h"
#include "epilogue.h"
#include "folder.h"
#include "front.h"
#include "installation.h"
#include "mapping.h"
#include "outcome.h"
#include "payload.h"
#include "policy_files.h"
#include "record.h"
#include "report.h"
#include "request.h"
#include "run.h"
#include "sane_start.h"
#include "scratch.h"
#include "settings.h"
#include "target_proxy.h"

#include <stddef.h>

static step *const order_of_work[] = {
    sane_start,         /* descriptors, signals, mask; the environment is set aside */
    about_tell,         /* -v, -V */
    installation_find,  /* set-id or log-only, and did the kernel heed it? */
    settings_read,      /* as account glexec */
    epilogue_check,     /* what is to run at the end can be trusted */
    callers_check,      /* the white list */
    front_leave,        /* what the caller started stays behind and waits */
    request_read,       /* GLEXEC_MODE, GLEXEC_ID */
    credential_read,    /* as the caller */
    policy_files_check, /* as account glexec */
    mapping_ask,        /* a child runs LCMAPS */
    admission_check,    /* the answer is somebody's, and nobody's who must not be had */
    scratch_enter,      /* private folders, in a mount namespace of the payload's */
    command_find,       /* as the target */
    target_proxy_write, /* as the target */
    folder_enter,       /* as the target */
    environment_build,  /* what survives */
    record_start,       /* no record, no run */
    payload_run,        /* switch for good, run, linger */
};

int main(int argc, char **argv)
{
    static struct run run;
    int outcome = GO_ON;
    size_t taken = 0;

    run.argc = argc;
    run.argv = argv;
    for (; outcome == GO_ON && taken < sizeof order_of_work / sizeof order_of_work[0]; taken++)
        outcome = order_of_work[taken](&run);
    report_cause(&run);
    if (run.cause != CAUSE_NONE && run.cause != CAUSE_EPILOGUE_FAILED)
        target_proxy_withdraw(&run); /* nothing was run that could use it */
    scratch_remove(&run);
    return outcome == GO_ON ? SYSTEM_FAULT : outcome;
}
