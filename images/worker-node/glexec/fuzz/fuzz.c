#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_broken(const char *claim, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    holds(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

char *fuzz_string(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\0', size) : NULL;

    return fuzz_text(data, end != NULL ? (size_t)(end - data) : size);
}

char *fuzz_line(char **rest)
{
    char *line = *rest;

    *rest += strcspn(line, "\n");
    if (**rest == '\n')
        *(*rest)++ = '\0';
    return line;
}

size_t fuzz_pick(const uint8_t *data, size_t size, size_t limit)
{
    uint32_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = (number << 5 | number >> 27) ^ data[i];
    return limit > 0 ? number % limit : 0;
}

int fuzz_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7e)
            return 0;
    return 1;
}
