/* What lcmaps-account and the switch have agreed on: descriptors, exit codes, the words of the answer. */
#ifndef ANSWER_H
#define ANSWER_H

/* What lcmaps-account is given besides its standard input, the credential. */
#define ANSWER_FD 3 /* a pipe for the answer */
#define LOG_FD 4    /* a file in memory for LCMAPS' lines */
#define POLICY_FD 5 /* the policy file, in memory, as the switch has checked it */
#define PILOT_FD 6  /* the caller's own proxy, in memory; not there when there is none */

/* One `word value` a line; `dn`, `fqan`..., then `uid`, `pgid`, `sgid`..., `scratch`... if there is an account, or `cause` if there is
 * none and LCMAPS' log says why; and `end` alone. */
#define ANSWER_DN "dn"
#define ANSWER_FQAN "fqan"
#define ANSWER_UID "uid"
#define ANSWER_PGID "pgid"
#define ANSWER_SGID "sgid"
#define ANSWER_SCRATCH "scratch" /* a folder that the policy wants the payload to have for itself */
#define ANSWER_CAUSE "cause"
#define ANSWER_END "end"

/* By this variable of its process a plugin says why it refused: one of the reasons in cause.c. */
#define CAUSE_VARIABLE "GLEXEC_CAUSE"

enum verdict {
    VERDICT_MAPPED = 0,
    VERDICT_NOT_RUNNING = 10,  /* LCMAPS could not be initialised: the site has to mend its policy file */
    VERDICT_REFUSED = 11,      /* LCMAPS ran and gave no account */
    VERDICT_NOT_SWITCHED = 12, /* the policy was to switch the identity and did not */
    VERDICT_BROKEN = 13        /* the child itself cannot work: no credential, no way to answer */
};

#endif
