#include "words.h"

#include "../glexec/text.h"

#include <string.h>

static const char *without_dashes(const char *word)
{
    return word[0] == '-' ? word + (word[1] == '-' ? 2 : 1) : NULL;
}

static const struct word *find_word(const struct word *words, size_t count, const char *given)
{
    const char *name = without_dashes(given);

    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

static bool wrong(char *why, size_t size, const char *given, const char *what)
{
    char shown[128];

    text_escape(shown, sizeof shown, given);
    (void)text_print(why, size, "option \"%s\": %s", shown, what);
    return false;
}

bool words_take(const struct word *words, size_t count, void *into, int argc, char **argv, char *why, size_t size)
{
    bool seen[WORDS_MAX] = {false};

    for (int i = 1; i < argc; i++) {
        const char *given = argv[i], *value = "", *problem;
        const struct word *word = find_word(words, count, given);
        if (word == NULL)
            return wrong(why, size, given, "it is unknown");
        if (seen[word - words] && !word->again)
            return wrong(why, size, given, "it is there twice");
        seen[word - words] = true;
        if (!word->alone && i + 1 >= argc)
            return wrong(why, size, given, "it has no value");
        if (!word->alone)
            value = argv[++i];
        problem = word->take(into, value);
        if (problem != NULL)
            return wrong(why, size, given, problem);
    }
    return true;
}

const char *words_copy(char *out, size_t size, const char *value)
{
    if (value[0] == '\0')
        return "its value is empty";
    return text_print(out, size, "%s", value) ? NULL : "its value is too long";
}
