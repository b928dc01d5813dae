/* What lcmaps-account and the switch have agreed on: the descriptor, the exit codes, the words of the answer. */
#ifndef ANSWER_H
#define ANSWER_H

#define ANSWER_FD 3

/* One `word value` a line; `dn`, `fqan`..., then `uid`, `pgid`, `sgid`... if there is an account, and `end` alone. */
#define ANSWER_DN "dn"
#define ANSWER_FQAN "fqan"
#define ANSWER_UID "uid"
#define ANSWER_PGID "pgid"
#define ANSWER_SGID "sgid"
#define ANSWER_END "end"

enum verdict {
    VERDICT_MAPPED = 0,
    VERDICT_NOT_RUNNING = 10,  /* LCMAPS could not be initialised: the site has to mend its policy file */
    VERDICT_REFUSED = 11,      /* LCMAPS ran and gave no account */
    VERDICT_NOT_SWITCHED = 12, /* the policy was to switch the identity and did not */
    VERDICT_BROKEN = 13        /* the child itself cannot work: no credential, no way to answer */
};

#endif
