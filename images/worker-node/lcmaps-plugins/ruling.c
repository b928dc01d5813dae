#include "ruling.h"

#include "../glexec/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

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

static bool is_no(enum ruling ruling)
{
    return ruling == RULING_NO_RULE || ruling == RULING_DENIED || ruling == RULING_CREDENTIAL || ruling == RULING_ACCOUNT_REFUSED;
}

bool ruling_is_told(enum ruling ruling, const char *earlier)
{
    bool said_no = false;

    for (size_t i = 0; earlier != NULL && i < sizeof reasons / sizeof reasons[0]; i++)
        said_no = said_no || (is_no((enum ruling)i) && strcmp(reasons[i], earlier) == 0);
    return is_no(ruling) || !said_no;
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
