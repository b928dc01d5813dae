#include "ruling.h"

#include "../glexec/text.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const reasons[] = {
    [RULING_UNREACHABLE] = "service-unreachable",
    [RULING_SILENT] = "service-silent",
    [RULING_UNTRUSTED] = "service-untrusted",
    [RULING_BROKEN] = "service-broken",
    [RULING_UNDECIDED] = "service-undecided",
    [RULING_NO_RULE] = "no-rule",
    [RULING_DENIED] = "denied",
    [RULING_CREDENTIAL] = "credential-refused",
    [RULING_ACCOUNT_MISSING] = "account-missing",
    [RULING_ACCOUNT_REFUSED] = "account-refused",
    [RULING_PERMIT] = "",
};

const char *ruling_reason(enum ruling ruling)
{
    return reasons[ruling];
}

bool ruling_is_final(enum ruling ruling)
{
    return ruling >= RULING_NO_RULE;
}

bool find(struct finding *finding, enum ruling ruling, const char *format, ...)
{
    char text[4 * WHY_SIZE];
    va_list values;

    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    finding->ruling = ruling;
    text_one_line(finding->why, sizeof finding->why, text);
    return false;
}
