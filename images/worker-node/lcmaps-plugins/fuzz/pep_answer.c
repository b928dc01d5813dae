/* The answer of an Argus PEP daemon: an account comes only of a whole Permit that says each of its parts in so many bytes. */
#include "pep_answer.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static struct pep_answer answer;
static struct finding finding;

/* From bytes that end where their memory ends, so that nothing behind them is read. */
static bool permits(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + (size == 0 ? 1 : 0));
    bool permit;

    holds(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    finding = (struct finding){0};
    permit = pep_answer_read(&answer, exact, size, &finding);
    free(exact);
    return permit;
}

static bool has(const uint8_t *data, size_t size, const char *text)
{
    return memmem(data, size, text, strlen(text)) != NULL;
}

/* What is refused has a reason, and a reason that goes with an answer. */
static void look_at_refusal(const uint8_t *data, size_t size)
{
    holds(finding.why[0] != '\0' && fuzz_printable(finding.why));
    holds(finding.ruling == RULING_BROKEN || finding.ruling == RULING_DENIED || finding.ruling == RULING_NO_RULE ||
          finding.ruling == RULING_UNDECIDED);
    holds(finding.ruling == RULING_BROKEN || (size > 0 && data[size - 1] == 'z' && has(data, size, "decision")));
}

static void look_at_numbers(const uint8_t *data, size_t size)
{
    holds(has(data, size, answer.uid) && answer.gid[0] != '\0' && has(data, size, answer.gid));
    holds(answer.group[0] == '\0' && answer.group_count == 0 && answer.gid_count <= GRANTED_GROUPS_MAX);
    for (size_t i = 0; i < answer.gid_count; i++)
        holds(answer.gids[i][0] != '\0' && has(data, size, answer.gids[i]));
    holds(has(data, size, answer.user));
    holds(has(data, size, "obligation/uidgid") && has(data, size, "xacml:1.0:status:ok"));
}

static void look_at_account(const uint8_t *data, size_t size)
{
    bool primary = false;

    if (answer.uid[0] != '\0') {
        look_at_numbers(data, size);
        return;
    }
    holds(answer.gid[0] == '\0' && answer.gid_count == 0);
    holds(answer.user[0] != '\0' && has(data, size, answer.user));
    holds(answer.group[0] != '\0' && has(data, size, answer.group));
    holds(answer.group_count > 0 && answer.group_count <= GRANTED_GROUPS_MAX);
    for (size_t i = 0; i < answer.group_count; i++) {
        holds(answer.groups[i][0] != '\0' && has(data, size, answer.groups[i]));
        primary = primary || strcmp(answer.groups[i], answer.group) == 0;
    }
    holds(primary);
    holds(has(data, size, "local-environment-map/posix") && has(data, size, "xacml:1.0:status:ok"));
    holds(has(data, size, "attribute/user-id") && has(data, size, "attribute/group-id/primary"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *longer;

    if (!permits(data, size)) {
        look_at_refusal(data, size);
        return 0;
    }
    look_at_account(data, size);
    holds(!permits(data, fuzz_pick(data, size, size)) && finding.ruling == RULING_BROKEN);
    holds(!permits(data, size - 1) && finding.ruling == RULING_BROKEN);
    longer = malloc(size + 1);
    holds(longer != NULL);
    memcpy(longer, data, size);
    longer[size] = data[fuzz_pick(data, size, size)];
    holds(!permits(longer, size + 1) && finding.ruling == RULING_BROKEN);
    free(longer);
    return 0;
}
