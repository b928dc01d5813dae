/* The answer of SCAS or GUMS: what is taken for a Permit is whole, names an account, answers this question, and is no
 * longer one with a piece missing or something behind it. */
#include "saml_answer.h"

#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ID "ID-1804289383"
#define OTHER "ID-1804289384"
#define CUTS 24

static bool somewhere(const uint8_t *data, size_t size, const char *text)
{
    return memmem(data, size, text, strlen(text)) != NULL;
}

/* Whether there are places in it that may say anything. */
static bool quoted(const uint8_t *data, size_t size)
{
    return somewhere(data, size, "<!--") || somewhere(data, size, "<![CDATA[");
}

static void look_at_list(const char *const *list, size_t count)
{
    holds(count <= SAML_GROUPS_MAX);
    for (size_t i = 0; i < count; i++)
        holds(list[i] != NULL && list[i][0] != '\0');
}

static void look_at_account(const struct saml_account *account)
{
    holds(account->user != NULL || account->uid != NULL);
    holds(account->uid == NULL || account->gid != NULL);
    holds(account->user == NULL || account->user[0] != '\0');
    holds(account->uid == NULL || account->uid[0] != '\0');
    holds(account->gid == NULL || account->gid[0] != '\0');
    holds(account->group == NULL || account->group[0] != '\0');
    look_at_list(account->gids, account->gid_count);
    look_at_list(account->groups, account->group_count);
}

static enum saml_decision decision_of(const char *text, size_t length, const char *id)
{
    struct saml_answer answer;
    const char *problem = saml_answer_read(&answer, text, length, id);
    enum saml_decision decision = answer.decision;

    holds((decision == SAML_BROKEN) == (problem != NULL));
    if (decision == SAML_PERMIT)
        look_at_account(&answer.account);
    else
        holds(answer.account.user == NULL && answer.account.uid == NULL && answer.account.gid_count == 0);
    holds(decision != SAML_BROKEN || answer.message[0] == '\0');
    saml_answer_free(&answer);
    return decision;
}

/* The same bytes up to there, in memory that ends there. */
static enum saml_decision cut(const uint8_t *data, size_t length)
{
    char *text = fuzz_text(data, length);
    enum saml_decision decision = decision_of(text, length, ID);

    free(text);
    return decision;
}

static size_t end_of(const uint8_t *data, size_t size)
{
    while (size > 0 && data[size - 1] != '>')
        size--;
    return size;
}

static void look_at_permit(const uint8_t *data, size_t size)
{
    size_t end = end_of(data, size);
    char *more = fuzz_text(data, size);

    holds(decision_of((const char *)data, size, OTHER) == SAML_BROKEN);
    for (size_t i = 1; i <= CUTS; i++) {
        holds(cut(data, end - 1 - fuzz_pick(data, size - i, end - 1)) == SAML_BROKEN || quoted(data, size));
        holds(cut(data, (end - 1) * i / CUTS) == SAML_BROKEN || quoted(data, size));
    }
    more = realloc(more, size + 2);
    holds(more != NULL);
    more[size] = 'x';
    more[size + 1] = '\0';
    holds(decision_of(more, size + 1, ID) == SAML_BROKEN);
    free(more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum saml_decision decision = decision_of((const char *)data, size, ID);

    if (decision != SAML_BROKEN)
        holds(memchr(data, '\0', size) == NULL && (!somewhere(data, size, "<!DOCTYPE") || quoted(data, size)));
    if (decision == SAML_PERMIT)
        look_at_permit(data, size);
    return 0;
}
