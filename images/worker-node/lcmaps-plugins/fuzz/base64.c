/* Base64: what is taken apart is put together again as the same text but for blanks, and whatever is put together can be taken apart. */
#include "base64.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* A copy without what readers pass over. */
static char *without_blanks(const char *text, size_t length, size_t *left)
{
    char *copy = malloc(length + 1);

    holds(copy != NULL);
    *left = 0;
    for (size_t i = 0; i < length; i++)
        if (memchr("\r\n\t ", text[i], 4) == NULL)
            copy[(*left)++] = text[i];
    copy[*left] = '\0';
    return copy;
}

static char *encoded(const void *bytes, size_t length)
{
    char *text = malloc(base64_size(length));

    holds(text != NULL);
    base64_encode(text, bytes, length);
    holds(strlen(text) + 1 == base64_size(length));
    return text;
}

static void there_and_back(const uint8_t *data, size_t size)
{
    char *text = encoded(data, size);
    size_t bytes = 0;

    holds(base64_decode(text, strlen(text), &bytes) && bytes == size);
    holds(size == 0 || memcmp(text, data, size) == 0);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    size_t bytes = 0, left = 0, again = 0;

    there_and_back(data, size);
    if (base64_decode(text, size, &bytes)) {
        char *back = encoded(text, bytes), *expected = without_blanks((const char *)data, size, &left);
        char *bare = without_blanks(back, strlen(back), &again);
        holds(again == left && memcmp(bare, expected, left) == 0);
        free(back);
        free(expected);
        free(bare);
    }
    free(text);
    return 0;
}
