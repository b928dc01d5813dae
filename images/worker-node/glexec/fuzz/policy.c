/* The policy file: every path that is found is one, and nothing in the text hides what stands behind it. */
#include "policy_paths.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MORE "\nadded = \"lcmaps_added.mod -gridmapfile /added/map\"\n"

static void look_at(const struct policy_path *found, const char *text)
{
    size_t length = strnlen(found->path, sizeof found->path);

    holds(length > 0 && length < sizeof found->path);
    holds(found->path[0] == '/' && strpbrk(found->path, " \t\r\n\"") == NULL);
    holds(found->kind == NAMED_FILE || found->kind == NAMED_FOLDER || found->kind == NAMED_LEASES);
    holds(strstr(text, found->path) != NULL);
}

/* The same text with more of it behind: the same paths, and then the one that was added. */
static void look_behind(const char *text, bool quoted)
{
    size_t length = strlen(text);
    char *longer = malloc(length + sizeof " \"" MORE);
    struct policy_reader reader = {.rest = text}, other = {.rest = longer};
    struct policy_path found, again;

    holds(longer != NULL);
    memcpy(longer, text, length);
    strcpy(longer + length, quoted ? " \"" MORE : MORE); /* a backslash at the end would make the quote the string's own */
    while (policy_path_next(&reader, &found))
        holds(policy_path_next(&other, &again) && again.kind == found.kind && strcmp(again.path, found.path) == 0);
    holds(policy_path_next(&other, &again) && again.kind == NAMED_FILE && strcmp(again.path, "/added/map") == 0);
    holds(!policy_path_next(&other, &again));
    free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    struct policy_reader reader = {.rest = text};
    struct policy_path found;

    for (const char *before = text; policy_path_next(&reader, &found); before = reader.rest) {
        look_at(&found, text);
        holds(reader.rest > before && reader.rest <= text + strlen(text));
    }
    holds(*reader.rest == '\0' && !policy_path_next(&reader, &found));
    look_behind(text, reader.quoted);
    free(text);
    return 0;
}
