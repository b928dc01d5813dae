/* LCMAPS' own lines: each is found once, and no name that a stranger chose is taken for a reason. */
#include "lcmaps_line.h"

#include "cause.h"
#include "fuzz.h"
#include "refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "glexec:lcmaps[7] LOG_NOTICE: 2026-11-25.20:00:00Z: "
#define BANNED "\n" HEAD "lcmaps_ban_dn-plugin_run(): DN \"/CN=x\" is found on the ban list.\n"

/* Lines of LCMAPS 1.6.6 that give no reason, with the name of a person in them. */
static const struct {
    const char *before, *behind;
} remarks[] = {
    {HEAD "LCMAPS CRED FINAL: DN:\"", "\"->mapped uid:'50002',pgid:'50002',sgid:'50002'\n"},
    {HEAD "LCMAPS CRED FINAL: FQAN:\"", "\"\n"},
    {HEAD "Error: Failed at depth: 1, DN: ", "\n"},
    {HEAD "Error: grid_verifyChain: Proxy Path Length Constraint exceeded on depth 0 of 4 for certificate \"", "\".\n"},
};

static void look_at_lines(const char *text)
{
    char *copy = fuzz_string((const uint8_t *)text, strlen(text)), *rest = copy, *start = copy;
    const char *end = copy + strlen(copy);
    struct lcmaps_line line;

    while (lcmaps_line_next(&rest, &line)) {
        holds(line.level >= 1 && line.level <= 5);
        holds(rest > start && rest <= end);
        holds(line.text >= start && line.message >= line.text);
        holds(line.message + strlen(line.message) <= rest && strchr(line.text, '\n') == NULL);
        start = rest;
    }
    holds(rest == end && !lcmaps_line_next(&rest, &line));
    free(copy);
}

/* What the text between the two others is taken for. */
static const char *reason_of(const char *before, const char *text, const char *behind)
{
    size_t size = strlen(before) + strlen(text) + strlen(behind) + 1;
    char *whole = malloc(size);
    const char *reason;

    holds(whole != NULL);
    (void)snprintf(whole, size, "%s%s%s", before, text, behind);
    reason = refusal_reason(whole, NULL);
    free(whole);
    return reason;
}

static void look_at_reason(const char *text)
{
    const char *reason = reason_of("", text, "");

    holds(reason[0] == '\0' || strcmp(cause_reason(cause_of_refusal(reason)), reason) == 0);
    holds(strcmp(reason_of("", text, BANNED), "banned") == 0);
    holds(strcmp(reason_of(BANNED, text, ""), "banned") == 0);
}

/* A plugin's definite no stays one, whatever LCMAPS says besides. */
static void look_at_a_plugins_no(const char *text)
{
    char *copy = fuzz_string((const uint8_t *)text, strlen(text));

    holds(strcmp(cause_class(cause_of_refusal(refusal_reason(copy, "denied"))), "unavailable") != 0);
    free(copy);
}

static void look_at_remarks(const char *name)
{
    if (strchr(name, '\n') != NULL)
        return;
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++)
        holds(reason_of(remarks[i].before, name, remarks[i].behind)[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);

    look_at_lines(text);
    look_at_reason(text);
    look_at_a_plugins_no(text);
    look_at_remarks(text);
    free(text);
    return 0;
}
