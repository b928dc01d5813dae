#include "cause.h"

#include "outcome.h"

#include <stddef.h>
#include <string.h>

static const struct {
    int code;
    const char *class, *reason;
} causes[] = {
    [CAUSE_NONE] = {ENOUGH, "none", "none"},

    [CAUSE_NO_NAME] = {CALLER_FAULT, "caller", "no-name"},
    [CAUSE_NO_CREDENTIAL] = {CALLER_FAULT, "caller", "no-credential"},
    [CAUSE_CREDENTIAL_UNUSABLE] = {CALLER_FAULT, "caller", "credential-unusable"},
    [CAUSE_CREDENTIAL_EXPIRED] = {NOT_AUTHORISED, "caller", "credential-expired"},
    [CAUSE_MODE_UNKNOWN] = {CALLER_FAULT, "caller", "mode-unknown"},
    [CAUSE_ACCOUNT_NOT_NAMED] = {CALLER_FAULT, "caller", "account-not-named"},
    [CAUSE_COMMAND_UNUSABLE] = {CALLER_FAULT, "caller", "command-unusable"},
    [CAUSE_TARGET_PROXY_UNWRITABLE] = {CALLER_FAULT, "caller", "target-proxy-unwritable"},
    [CAUSE_ENVIRONMENT_TOO_LARGE] = {SYSTEM_FAULT, "caller", "environment-too-large"},
    [CAUSE_NOT_EXECUTABLE] = {EXEC_FAILED, "caller", "not-executable"},
    [CAUSE_CALLER_LEFT] = {SYSTEM_FAULT, "caller", "caller-left"},

    [CAUSE_INSTALLATION] = {SYSTEM_FAULT, "site", "installation"},
    [CAUSE_CONFIGURATION] = {SYSTEM_FAULT, "site", "configuration"},
    [CAUSE_POLICY_FILES] = {SYSTEM_FAULT, "site", "policy-files"},
    [CAUSE_LCMAPS_BROKEN] = {SYSTEM_FAULT, "site", "lcmaps-broken"},
    [CAUSE_NO_RESOURCES] = {SYSTEM_FAULT, "site", "no-resources"},
    [CAUSE_NO_FOLDER] = {SYSTEM_FAULT, "site", "no-folder"},
    [CAUSE_NO_PRIVATE_FOLDER] = {SYSTEM_FAULT, "site", "no-private-folder"},
    [CAUSE_NO_TRACKING_GID] = {NOT_AUTHORISED, "site", "no-tracking-gid"},
    [CAUSE_SWITCH_FAILED] = {SYSTEM_FAULT, "site", "switch-failed"},
    [CAUSE_EPILOGUE_FAILED] = {SYSTEM_FAULT, "site", "epilogue-failed"},

    [CAUSE_CALLED_BY_ROOT] = {NOT_AUTHORISED, "denied", "called-by-root"},
    [CAUSE_CALLER_NOT_LISTED] = {NOT_AUTHORISED, "denied", "caller-not-listed"},
    [CAUSE_BANNED] = {NOT_AUTHORISED, "denied", "banned"},
    [CAUSE_CREDENTIAL_REFUSED] = {NOT_AUTHORISED, "denied", "credential-refused"},
    [CAUSE_NOT_MAPPED] = {NOT_AUTHORISED, "denied", "not-mapped"},
    [CAUSE_ACCOUNT_REFUSED] = {NOT_AUTHORISED, "denied", "account-refused"},
    [CAUSE_ACCOUNT_DIFFERS] = {NOT_AUTHORISED, "denied", "account-differs"},
    [CAUSE_DENIED] = {NOT_AUTHORISED, "denied", "denied"},
    [CAUSE_NO_RULE] = {NOT_AUTHORISED, "denied", "no-rule"},

    [CAUSE_TIMED_OUT] = {NOT_AUTHORISED, "unavailable", "timed-out"},
    [CAUSE_POOL_EXHAUSTED] = {NOT_AUTHORISED, "unavailable", "pool-exhausted"},
    [CAUSE_POOL_CONTENDED] = {NOT_AUTHORISED, "unavailable", "pool-contended"},
    [CAUSE_LEASES_UNUSABLE] = {NOT_AUTHORISED, "unavailable", "leases-unusable"},
    [CAUSE_MAP_UNREADABLE] = {NOT_AUTHORISED, "unavailable", "map-unreadable"},
    [CAUSE_CRL_EXPIRED] = {NOT_AUTHORISED, "unavailable", "crl-expired"},
    [CAUSE_ACCOUNT_MISSING] = {NOT_AUTHORISED, "unavailable", "account-missing"},
    [CAUSE_NAMES_UNAVAILABLE] = {NOT_AUTHORISED, "unavailable", "names-unavailable"},
    [CAUSE_TRACKING_UNKNOWN] = {NOT_AUTHORISED, "unavailable", "tracking-unknown"},
    [CAUSE_SERVICE_UNREACHABLE] = {NOT_AUTHORISED, "unavailable", "service-unreachable"},
    [CAUSE_SERVICE_UNTRUSTED] = {NOT_AUTHORISED, "unavailable", "service-untrusted"},
    [CAUSE_SERVICE_SILENT] = {NOT_AUTHORISED, "unavailable", "service-silent"},
    [CAUSE_SERVICE_BROKEN] = {NOT_AUTHORISED, "unavailable", "service-broken"},

    [CAUSE_SERVICE_UNDECIDED] = {NOT_AUTHORISED, "undecided", "service-undecided"},
    [CAUSE_LCMAPS_REFUSED] = {NOT_AUTHORISED, "undecided", "lcmaps-refused"},
    [CAUSE_NO_RECORD] = {SYSTEM_FAULT, "untraceable", "no-record"},
};

int cause_code(enum cause cause)
{
    return causes[cause].code;
}

const char *cause_reason(enum cause cause)
{
    return causes[cause].reason;
}

const char *cause_class(enum cause cause)
{
    return causes[cause].class;
}

enum cause cause_of_refusal(const char *reason)
{
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].code == NOT_AUTHORISED && strcmp(causes[i].reason, reason) == 0)
            return (enum cause)i;
    return CAUSE_LCMAPS_REFUSED;
}
