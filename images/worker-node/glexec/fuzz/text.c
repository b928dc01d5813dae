/* Text of strangers: what is shown of it is one line of ASCII that tells what it stands for; more room never shows less. */
#include "text.h"

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shown {
    size_t count; /* bytes of the original that can be read from it */
    bool whole;
};

static int digit(char at)
{
    return at >= '0' && at <= '9' ? at - '0' : at >= 'A' && at <= 'F' ? at - 'A' + 10 : -1;
}

/* Reads the original back, into `out`; the number of bytes. */
static size_t read_back(char *out, const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        out[count] = text[i];
        if (text[i] == '\\') {
            holds(i + 3 < length && text[i + 1] == 'x' && digit(text[i + 2]) >= 0 && digit(text[i + 3]) >= 0);
            out[count] = (char)(digit(text[i + 2]) * 16 + digit(text[i + 3]));
            i += 3;
        }
        count++;
    }
    return count;
}

/* Shows it within memory of exactly this size. */
static char *show(const char *in, size_t size, size_t whole)
{
    char *out = malloc(size);

    holds(out != NULL);
    text_escape_part(out, size, in, whole);
    holds(memchr(out, '\0', size) != NULL && fuzz_printable(out) && strchr(out, '"') == NULL);
    return out;
}

/* Either all of it, or a beginning and a note that says how much there was, as far as there is room for the note. */
static struct shown look_at(const char *in, size_t size, size_t whole)
{
    char cut[40], *out = show(in, size, whole), *back = malloc(size);
    size_t note = (size_t)snprintf(cut, sizeof cut, "...[cut, %zu bytes]", whole), length = strlen(out);
    size_t kept = length > note ? length - note : 0;
    struct shown shown = {0};

    holds(back != NULL);
    shown.count = read_back(back, out, length);
    shown.whole = whole == strlen(in) && shown.count == whole && memcmp(in, back, whole) == 0;
    if (length == size - 1 && strncmp(out, cut, length) == 0) {
        shown = (struct shown){0}; /* the beginning of a note, if not of dots */
    } else if (!shown.whole) {
        holds(strncmp(out + kept, cut, note) == 0);
        shown.count = read_back(back, out, kept);
        holds(shown.count <= strlen(in) && memcmp(in, back, shown.count) == 0);
        holds(whole > strlen(in) || 4 * whole + note > size - 1);
    }
    free(back);
    free(out);
    return shown;
}

static void grow(const char *in, size_t size, size_t whole)
{
    struct shown less = look_at(in, size, whole), more = look_at(in, size + 1, whole);

    if (strstr(in, "...[cut, ") == NULL) /* such a text cannot be told from one that was cut */
        holds(more.count >= less.count && more.whole >= less.whole);
}

/* With quotes and backslashes as they are it is the same, where there are none. */
static void look_at_line(const char *in, size_t size)
{
    char *line = malloc(size), *quoted = show(in, size, strlen(in));

    holds(line != NULL);
    text_one_line(line, size, in);
    holds(memchr(line, '\0', size) != NULL && fuzz_printable(line));
    holds(strpbrk(in, "\"\\") != NULL || strcmp(line, quoted) == 0);
    holds(text_print(line, size, "%s", in) == (strlen(in) < size));
    holds(strlen(line) < size && strncmp(line, in, strlen(line)) == 0);
    free(quoted);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *in = fuzz_string(data, size), untouched = 'x';
    size_t length = strlen(in), pick = fuzz_pick(data, size, 5 * length + 40);
    const size_t sizes[] = {1, 2, 1 + pick % 64, 1 + pick, length + 1, length + 30, 4 * length + 30};

    text_escape(&untouched, 0, in);
    holds(untouched == 'x');
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        grow(in, sizes[i], length);
        grow(in, sizes[i], length + 1 + pick);
        look_at_line(in, sizes[i]);
    }
    free(in);
    return 0;
}
