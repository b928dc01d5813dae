#include "account.h"

#include "answer.h"
#include "text.h"

#include <string.h>

static bool printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

struct taken {
    bool dn, uid, gid, cause, end;
};

static const char *take_number(bool *seen, uint32_t *place, const char *value)
{
    if (*seen)
        return "a uid or primary gid is given twice";
    *seen = true;
    return text_number(value, UINT32_MAX, place) ? NULL : "a uid or gid is not a decimal number";
}

static const char *take_group(struct account *account, const char *value)
{
    uint32_t gid;

    if (account->group_count >= GROUPS_MAX)
        return "there are too many groups";
    if (!text_number(value, UINT32_MAX, &gid))
        return "a uid or gid is not a decimal number";
    account->groups[account->group_count++] = gid;
    return NULL;
}

static const char *take_fqan(struct account *account, const char *value)
{
    if (account->fqan_count >= FQANS_MAX)
        return "there are too many FQANs";
    return text_print(account->fqans[account->fqan_count++], FQAN_SIZE, "%s", value) ? NULL : "an FQAN is too long";
}

static const char *take(struct account *account, struct taken *taken, const char *word, const char *value)
{
    if (strcmp(word, ANSWER_DN) == 0) {
        if (taken->dn)
            return "the DN is given twice";
        taken->dn = true;
        return text_print(account->dn, sizeof account->dn, "%s", value) ? NULL : "the DN is too long";
    }
    if (strcmp(word, ANSWER_CAUSE) == 0) {
        if (taken->cause)
            return "the cause is given twice";
        taken->cause = true;
        return text_print(account->cause, sizeof account->cause, "%s", value) ? NULL : "the cause is too long";
    }
    if (strcmp(word, ANSWER_FQAN) == 0)
        return take_fqan(account, value);
    if (strcmp(word, ANSWER_UID) == 0)
        return take_number(&taken->uid, &account->uid, value);
    if (strcmp(word, ANSWER_PGID) == 0)
        return take_number(&taken->gid, &account->gid, value);
    if (strcmp(word, ANSWER_SGID) == 0)
        return take_group(account, value);
    if (strcmp(word, ANSWER_SCRATCH) == 0)
        return scratch_paths_add(&account->scratch, value);
    return "it has an unknown word";
}

static const char *take_line(struct account *account, struct taken *taken, char *line)
{
    char *blank = strchr(line, ' ');

    if (taken->end)
        return "it goes on after its end";
    if (!printable(line))
        return "it has control characters";
    if (blank == NULL) {
        taken->end = strcmp(line, ANSWER_END) == 0;
        return taken->end ? NULL : "a word has no value";
    }
    *blank = '\0';
    return take(account, taken, line, blank + 1);
}

const char *account_parse(struct account *account, char *text, size_t length)
{
    struct taken taken = {0};

    *account = (struct account){0};
    if (strlen(text) != length)
        return "it has a NUL character";
    while (*text != '\0') {
        char *end = strchr(text, '\n');
        const char *problem;
        if (end == NULL)
            return "its last line is not complete";
        *end = '\0';
        problem = take_line(account, &taken, text);
        if (problem != NULL)
            return problem;
        text = end + 1;
    }
    if (!taken.end)
        return "its end is missing";
    if (taken.uid != taken.gid)
        return "it has a uid without a primary gid, or the reverse";
    if (!taken.uid && account->group_count > 0)
        return "it has groups without a uid";
    if (taken.uid && taken.cause)
        return "it has an account, and a cause why there is none";
    if (!taken.uid && account->scratch.count > 0)
        return "it has private folders without a uid";
    account->mapped = taken.uid;
    return NULL;
}

static bool acceptable(uint32_t number, uint32_t minimum)
{
    return number != 0 && number != UINT32_MAX && number >= minimum;
}

const char *account_objection(const struct account *account, uint32_t minimum_uid, uint32_t minimum_gid)
{
    if (!acceptable(account->uid, minimum_uid))
        return "its uid is below minimum_uid or no real uid";
    if (!acceptable(account->gid, minimum_gid))
        return "its primary gid is below minimum_gid or no real gid";
    for (size_t i = 0; i < account->group_count; i++)
        if (!acceptable(account->groups[i], minimum_gid))
            return "a secondary gid is below minimum_gid or no real gid";
    return NULL;
}
