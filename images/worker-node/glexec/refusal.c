#include "refusal.h"

#include "cause.h"
#include "lcmaps_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NOT_MAPPED "not-mapped"

/* What LCMAPS 1.6.6 and its plugins say: how the message begins and how it ends, and what it means. Of all the lines of a
 * call the sign that stands first here decides: a definite no is never taken for a service that is away. */
static const struct {
    const char *begins, *ends, *reason;
} signs[] = {
    {"DN \"", "\" is found on the ban list.", "banned"},
    {"FQAN \"", "\" is found on the ban list.", "banned"},
    {"Verifying certificate chain: error 10: ", "", "credential-expired"},
    {"Verifying certificate chain: error 11: ", "", "crl-expired"}, /* not valid yet: the other end of the same thing */
    {"Verifying certificate chain: error 12: ", "", "crl-expired"},
    {"Verifying certificate chain: error ", "", "credential-refused"},
    {"Verifying data: ", "", "credential-refused"},
    {"Error: Proxy Life Time Violation.", "", "credential-refused"},
    {"The certificate chain does NOT contain a Limited Proxy.", "", "credential-refused"},
    {"could not convert the input PEM string ", "", "credential-refused"},
    {"Two ID have grabbed the same pool-entry", "", "pool-contended"},
    {"no pool-entry available for pool-name ", "", "pool-exhausted"},
    {"cannot link ", "", "leases-unusable"},
    {"no write-access to ", "", "leases-unusable"},
    {"cannot stat lease ", "", "leases-unusable"},
    {"too many links ", "", "leases-unusable"},
    {"cannot stat pool-entry ", "", "leases-unusable"},
    {"error opening directory ", "", "leases-unusable"},
    {"cannot open mapfile ", "", "map-unreadable"},
    {"cannot read mapfile ", "", "map-unreadable"},
    {"invalid line: ", "", "map-unreadable"},
    {"no user account found with the name ", "", "account-missing"},
    {"no group found with the name ", "", "account-missing"},
    {"No match for ", "", NOT_MAPPED},
    {"Not enough groups found.", "", NOT_MAPPED},
    {"no (valid) VOMS groups found --> no mapping", "", NOT_MAPPED},
};

static bool fits(const char *message, const char *begins, const char *ends)
{
    size_t length = strlen(message), first = strlen(begins), last = strlen(ends);

    return length >= first + last && strncmp(message, begins, first) == 0 &&
           strcmp(message + length - last, ends) == 0;
}

static const char *reason_of_lines(char *log)
{
    size_t best = sizeof signs / sizeof signs[0];
    struct lcmaps_line line;

    while (lcmaps_line_next(&log, &line))
        for (size_t i = 0; i < best; i++)
            if (fits(line.message, signs[i].begins, signs[i].ends))
                best = i;
    return best < sizeof signs / sizeof signs[0] ? signs[best].reason : "";
}

static bool of_class(const char *reason, const char *class)
{
    return strcmp(cause_class(cause_of_refusal(reason)), class) == 0;
}

const char *refusal_reason(char *log, const char *said)
{
    const char *reason = reason_of_lines(log);

    if (said == NULL)
        return reason;
    if (reason[0] == '\0' || strcmp(reason, NOT_MAPPED) == 0)
        return said;
    return of_class(said, "denied") && of_class(reason, "unavailable") ? said : reason;
}
