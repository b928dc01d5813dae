/* The answer of lcmaps-account: what is accepted is exactly what was said, whole, and no number is another one. */
#include "account.h"

#include "answer.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct account account;

struct counts {
    size_t dn, fqan, uid, pgid, sgid, scratch, cause, end;
};

static void same_number(uint32_t number, const char *value)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%lu", (unsigned long)number);
    holds(strcmp(text, value) == 0);
}

/* Each word is found again at its place, in the order in which it came. */
static void look_at_line(struct counts *counts, char *line)
{
    char *value = strchr(line, ' ');

    for (const char *at = line; *at != '\0'; at++)
        holds((unsigned char)*at >= 0x20 && *at != 0x7f);
    holds(counts->end == 0);
    if (value == NULL) {
        holds(strcmp(line, ANSWER_END) == 0);
        counts->end++;
        return;
    }
    *value++ = '\0';
    if (strcmp(line, ANSWER_DN) == 0) {
        holds(counts->dn++ == 0 && strcmp(account.dn, value) == 0);
    } else if (strcmp(line, ANSWER_FQAN) == 0) {
        holds(counts->fqan < account.fqan_count && strcmp(account.fqans[counts->fqan++], value) == 0);
    } else if (strcmp(line, ANSWER_SGID) == 0) {
        holds(counts->sgid < account.group_count);
        same_number(account.groups[counts->sgid++], value);
    } else if (strcmp(line, ANSWER_SCRATCH) == 0) {
        holds(counts->scratch < account.scratch.count && value[0] == '/');
        holds(strcmp(account.scratch.path[counts->scratch++], value) == 0 && strstr(value, "/../") == NULL);
    } else if (strcmp(line, ANSWER_CAUSE) == 0) {
        holds(counts->cause++ == 0 && strcmp(account.cause, value) == 0);
    } else if (strcmp(line, ANSWER_UID) == 0) {
        holds(counts->uid++ == 0);
        same_number(account.uid, value);
    } else if (strcmp(line, ANSWER_PGID) == 0) {
        holds(counts->pgid++ == 0);
        same_number(account.gid, value);
    }
}

static void look_at(const uint8_t *data, size_t size)
{
    struct counts counts = {0};
    char *text = fuzz_text(data, size), *rest = text;

    holds(strlen(text) == size && size > 0 && text[size - 1] == '\n');
    while (*rest != '\0')
        look_at_line(&counts, fuzz_line(&rest));
    holds(counts.end == 1);
    holds(counts.fqan == account.fqan_count && counts.sgid == account.group_count);
    holds(account.mapped == (counts.uid == 1) && account.mapped == (counts.pgid == 1));
    holds(counts.scratch == account.scratch.count);
    holds(account.mapped || (account.group_count == 0 && account.scratch.count == 0));
    holds(!account.mapped || account.cause[0] == '\0');
    free(text);
}

static bool real(uint32_t number, uint32_t least)
{
    return number > 0 && number < UINT32_MAX && number >= least;
}

/* What is not objected to is real and above the bounds; lower bounds object to less. */
static void look_at_objection(uint32_t least)
{
    if (account_objection(&account, least, least) != NULL)
        return;
    holds(real(account.uid, least) && real(account.gid, least));
    for (size_t i = 0; i < account.group_count; i++)
        holds(real(account.groups[i], least));
    holds(account_objection(&account, least / 2, least / 2) == NULL);
    holds(account.uid == UINT32_MAX - 1 || account_objection(&account, account.uid + 1, least) != NULL);
}

static bool accepts(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const char *problem = account_parse(&account, text, size);

    holds(problem == NULL || problem[0] != '\0');
    free(text);
    return problem == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *longer;

    if (!accepts(data, size))
        return 0;
    look_at(data, size);
    look_at_objection(1000);
    look_at_objection(account.uid);
    holds(!accepts(data, fuzz_pick(data, size, size)));
    longer = fuzz_text(data, size);
    longer[size] = (char)data[fuzz_pick(data, size, size)]; /* in the place of its NUL */
    holds(!accepts((const uint8_t *)longer, size + 1));
    free(longer);
    return 0;
}
