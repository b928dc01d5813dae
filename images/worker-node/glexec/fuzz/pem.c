/* The shape of PEM text: blocks add up, and one that was cut off is never taken for whole. */
#include "pem.h"

#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool look(const char *text, size_t length, struct pem *pem)
{
    char *copy = fuzz_text((const uint8_t *)text, length);
    const char *problem = pem_look(copy, pem);

    holds(problem == NULL || problem[0] != '\0');
    free(copy);
    return problem == NULL;
}

static bool same(const struct pem *one, const struct pem *other)
{
    return one->certificates == other->certificates && one->keys == other->keys;
}

static size_t line_start(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

/* Cut between two lines, it is either cut inside a block, which is said, or both parts together have what the whole has. */
static void cut_between_lines(const char *text, size_t length, size_t at, const struct pem *whole)
{
    struct pem first, second;

    if (!look(text, at, &first))
        return;
    holds(look(text + at, length - at, &second));
    holds(first.certificates + second.certificates == whole->certificates);
    holds(first.keys + second.keys == whole->keys);
}

/* Without the last byte that counts, it is not the same any more. */
static void shorten(const char *text, size_t length, const struct pem *whole)
{
    struct pem pem;
    size_t at = length;

    if (whole->certificates + whole->keys == 0)
        return;
    while (look(text, line_start(text, at), &pem) && same(&pem, whole))
        at = line_start(text, at) - 1;
    while (strchr("\r \t\n", text[at - 1]) != NULL)
        at--;
    holds(look(text, at, &pem) && same(&pem, whole));
    holds(!look(text, at - 1, &pem) || !same(&pem, whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    size_t length = strlen(text), at = fuzz_pick(data, size, length + 1);
    struct pem whole, part;

    if (look(text, length, &whole)) {
        cut_between_lines(text, length, line_start(text, at), &whole);
        shorten(text, length, &whole);
        holds(!look(text, at, &part) || (part.certificates <= whole.certificates && part.keys <= whole.keys));
    }
    free(text);
    return 0;
}
