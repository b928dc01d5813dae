/* What came of asking an authorization service, as a word for the switch and as words for the log. */
#ifndef RULING_H
#define RULING_H

#include <stdbool.h>

#define WHY_SIZE 512

/* In the order of how far the question got: of two endpoints' troubles the later one here tells more. */
enum ruling {
    RULING_UNREACHABLE, /* no name, no connection, or one that was lost before anything came */
    RULING_SILENT,      /* the connection stood, and the time limit was reached */
    RULING_UNTRUSTED,   /* TLS: we do not believe the service, or it does not believe us */
    RULING_BROKEN,      /* it answered, and that is no answer: an HTTP status, a part missing, two accounts */
    RULING_UNDECIDED,   /* Indeterminate, or what stands for it */

    /* From here on there is a decision, and no other endpoint is asked. */
    RULING_NO_RULE,         /* NotApplicable */
    RULING_DENIED,          /* Deny */
    RULING_CREDENTIAL,      /* nobody was asked: LCMAPS has no certificates of the user, or none that can be sent */
    RULING_ACCOUNT_MISSING, /* Permit, with an account or a group that this node does not have */
    RULING_ACCOUNT_REFUSED, /* Permit, with an account that nobody gets: root, -1, no number */
    RULING_PERMIT
};

/* Starts as all zero: nothing was reached, and nothing is known about why. */
struct finding {
    enum ruling ruling;
    char why[WHY_SIZE]; /* one line of ASCII; what others wrote in it is escaped */
};

/* The reason of ../glexec/cause.c, for GLEXEC_CAUSE; "" for a Permit. */
const char *ruling_reason(enum ruling ruling);

/* Whether this is what GLEXEC_CAUSE is to say, where it says something of an earlier module of the same call, or NULL: a policy
 * may go on to another service behind a failure, and a definite no of the one outweighs trouble with the other. */
bool ruling_is_told(enum ruling ruling, const char *earlier);

/* Whether no other endpoint is to be asked. */
bool ruling_is_final(enum ruling ruling);

/* Fills the finding and returns false, for `return find(...)`. Whatever others wrote is made harmless: control characters
 * and bytes above 0x7e become \xHH, and what does not fit is visibly cut. */
bool find(struct finding *finding, enum ruling ruling, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
