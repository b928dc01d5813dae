/* Numbers: what is read as one prints as the very same text, and is not above what is allowed. */
#include "text.h"

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNTOUCHED 4242

/* What it is worth, or more than any number that is allowed. */
static uint64_t worth(const char *text)
{
    size_t length = strlen(text);
    uint64_t number = 0;

    if (length == 0 || length > 10 || (length > 1 && text[0] == '0'))
        return UINT64_MAX;
    for (; *text != '\0'; text++) {
        if (strchr("0123456789", *text) == NULL)
            return UINT64_MAX;
        number = 10 * number + (uint64_t)(*text - '0');
    }
    return number;
}

static void look_at(const char *text, uint32_t most)
{
    uint32_t number = UNTOUCHED;
    char again[16];

    holds(text_number(text, most, &number) == (worth(text) <= most));
    if (worth(text) > most) {
        holds(number == UNTOUCHED);
        return;
    }
    (void)snprintf(again, sizeof again, "%lu", (unsigned long)number);
    holds(strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size);
    uint64_t number = worth(text);
    const uint32_t most[] = {UINT32_MAX, UINT32_MAX - 1, 3600, 5, 0};

    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++)
        look_at(text, most[i]);
    if (number <= UINT32_MAX)
        look_at(text, (uint32_t)number);
    if (number > 0 && number <= UINT32_MAX)
        look_at(text, (uint32_t)number - 1);
    free(text);
    return 0;
}
