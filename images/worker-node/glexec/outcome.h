/* What a step of the switch says: carry on, or end with this exit code. */
#ifndef OUTCOME_H
#define OUTCOME_H

/* gLExec's exit codes, valid since its version 0.6. Any other code is the payload's own. */
enum outcome {
    GO_ON = -1,            /* not an exit code: the next step may be taken */
    ENOUGH = 0,            /* all that was asked for is done */
    EXEC_FAILED = 126,     /* the command was there, the kernel would not run it */
    BY_SIGNAL = 128,       /* plus the number of the signal that ended the payload */
    CALLER_FAULT = 201,    /* the caller has to mend something */
    SYSTEM_FAULT = 202,    /* the site has to mend something */
    NOT_AUTHORISED = 203,  /* the caller or the credential is refused */
    PAYLOAD_COLLISION = 204 /* the payload itself ended with 201..204 */
};

#endif
