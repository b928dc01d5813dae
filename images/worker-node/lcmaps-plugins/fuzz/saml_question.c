/* The question to SCAS and GUMS: whatever somebody is called, it is one well-formed message with that very name in it and
 * nothing more; or there is none. Input: names, one a line. */
#include "saml_question.h"

#include "fuzz.h"
#include "xml_strict.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 4

struct counts {
    size_t elements, name;
};

/* Walks the whole message; it is nested no deeper than it was written. */
static void count(struct counts *counts, const xmlNode *node, const char *name)
{
    for (const xmlNode *child = xml_first(node); child != NULL; child = xml_next(child)) {
        counts->elements++;
        if (name[0] != '\0' && xml_value(child) != NULL && strcmp(xml_value(child), name) == 0)
            counts->name++;
        count(counts, child, name);
    }
}

static struct counts look_at(const char *message, const char *name)
{
    struct counts counts = {0};
    const char *problem;
    xmlDoc *document = xml_read(message, strlen(message), &problem);

    holds(document != NULL && problem == NULL);
    count(&counts, xmlDocGetRootElement(document), name);
    xmlFreeDoc(document);
    return counts;
}

static char *write_about(const char *const names[NAMES])
{
    struct saml_question question = {.id = "ID-1", .instant = "2026-11-22T16:05:22Z", .resource = "wn", .action = "queue"};

    question.asker = names[0];
    question.subject = (struct saml_party){.dn = names[1], .issuer = names[2]};
    question.voms = (struct saml_voms){.fqans = &names[3], .count = 1, .vouched = names[0]};
    return saml_question_write(&question);
}

static bool plain(const char *const names[NAMES])
{
    for (size_t i = 0; i < NAMES; i++)
        if (!fuzz_printable(names[i]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ordinary[NAMES] = {"a", "b", "c", "d"};
    char *text = fuzz_string(data, size), *rest = text, *message, *usual = write_about(ordinary);
    const char *names[NAMES];

    for (size_t i = 0; i < NAMES; i++)
        names[i] = fuzz_line(&rest);
    message = write_about(names);
    holds(message != NULL || !plain(names));
    for (size_t i = 0; i < NAMES && message != NULL; i++) {
        struct counts counts = look_at(message, names[i]);
        holds(counts.elements == look_at(usual, "a").elements);
        holds(names[i][0] == '\0' || counts.name >= 1);
    }
    free(message);
    free(usual);
    free(text);
    return 0;
}
