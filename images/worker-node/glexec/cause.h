/* Why a call ended without a payload: what the exit code alone cannot tell. */
#ifndef CAUSE_H
#define CAUSE_H

enum cause {
    CAUSE_NONE, /* the payload ran, or nothing went wrong */

    /* The caller has to mend something. */
    CAUSE_NO_NAME,
    CAUSE_NO_CREDENTIAL,
    CAUSE_CREDENTIAL_UNUSABLE,
    CAUSE_CREDENTIAL_EXPIRED,
    CAUSE_MODE_UNKNOWN,
    CAUSE_ACCOUNT_NOT_NAMED,
    CAUSE_COMMAND_UNUSABLE,
    CAUSE_TARGET_PROXY_UNWRITABLE,
    CAUSE_ENVIRONMENT_TOO_LARGE,
    CAUSE_NOT_EXECUTABLE,
    CAUSE_CALLER_LEFT,

    /* The site has to mend something. */
    CAUSE_INSTALLATION,
    CAUSE_CONFIGURATION,
    CAUSE_POLICY_FILES,
    CAUSE_LCMAPS_BROKEN,
    CAUSE_NO_RESOURCES,
    CAUSE_NO_FOLDER,
    CAUSE_NO_PRIVATE_FOLDER,
    CAUSE_NO_TRACKING_GID, /* the batch system gave the caller none, and the policy wants one */
    CAUSE_SWITCH_FAILED,
    CAUSE_EPILOGUE_FAILED,

    /* A valid decision was obtained, and it is no. */
    CAUSE_CALLED_BY_ROOT,
    CAUSE_CALLER_NOT_LISTED,
    CAUSE_BANNED,
    CAUSE_CREDENTIAL_REFUSED,
    CAUSE_NOT_MAPPED,
    CAUSE_ACCOUNT_REFUSED,
    CAUSE_ACCOUNT_DIFFERS,
    CAUSE_DENIED,  /* an authorization service said Deny */
    CAUSE_NO_RULE, /* an authorization service said NotApplicable: none of its rules is about this */

    /* No decision was to be had, or it could not be put into effect. */
    CAUSE_TIMED_OUT,
    CAUSE_POOL_EXHAUSTED,
    CAUSE_POOL_CONTENDED,
    CAUSE_LEASES_UNUSABLE,
    CAUSE_MAP_UNREADABLE,
    CAUSE_CRL_EXPIRED,
    CAUSE_ACCOUNT_MISSING,
    CAUSE_NAMES_UNAVAILABLE,   /* passwd, or what the site has in its place, cannot be asked or does not answer */
    CAUSE_TRACKING_UNKNOWN,    /* the group database does not answer */
    CAUSE_SERVICE_UNREACHABLE, /* no name, no connection, or one that was lost before anything came */
    CAUSE_SERVICE_UNTRUSTED,   /* TLS: we do not believe the service, or it does not believe us */
    CAUSE_SERVICE_SILENT,      /* the time limit, although the connection stood */
    CAUSE_SERVICE_BROKEN,      /* it answered, and that is no answer */

    CAUSE_SERVICE_UNDECIDED, /* an authorization service said Indeterminate */
    CAUSE_LCMAPS_REFUSED, /* LCMAPS said no, and nothing in its log says which of the two it was */
    CAUSE_NO_RECORD       /* it could have run, but not be traced */
};

/* The exit code that goes with it, see outcome.h. */
int cause_code(enum cause cause);

/* One word for what happened, and one for whose turn it is: caller, site, denied, unavailable, undecided, untraceable. */
const char *cause_reason(enum cause cause);
const char *cause_class(enum cause cause);

/* The cause that LCMAPS' side named by its reason. Only what ends with 203 is for it to say: else it is a plain refusal. */
enum cause cause_of_refusal(const char *reason);

#endif
