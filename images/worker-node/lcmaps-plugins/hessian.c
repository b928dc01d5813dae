#include "hessian.h"

#include <string.h>

#define NAME_SIZE 256 /* of classes and list types */
#define BROKEN_OFF "it breaks off"

void hessian_start(struct hessian *reader, const unsigned char *bytes, size_t length)
{
    *reader = (struct hessian){.at = bytes, .end = bytes + length};
}

bool hessian_fail(struct hessian *reader, const char *problem)
{
    if (reader->problem == NULL)
        reader->problem = problem;
    return false;
}

bool hessian_done(struct hessian *reader)
{
    if (reader->problem == NULL && reader->at != reader->end)
        return hessian_fail(reader, "there is something behind its end");
    return reader->problem == NULL;
}

/* What is next, without taking it; -1 at the end or after a problem. */
static int next(const struct hessian *reader)
{
    return reader->problem == NULL && reader->at < reader->end ? *reader->at : -1;
}

static bool take(struct hessian *reader, int tag, const char *otherwise)
{
    if (next(reader) != tag)
        return hessian_fail(reader, next(reader) < 0 ? BROKEN_OFF : otherwise);
    reader->at++;
    return true;
}

/* A big-endian number of 2, 4 or 8 bytes. */
static bool number(struct hessian *reader, size_t bytes, uint64_t *value)
{
    if (reader->problem != NULL || (size_t)(reader->end - reader->at) < bytes)
        return hessian_fail(reader, BROKEN_OFF);
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value = *value << 8 | *reader->at++;
    return true;
}

bool hessian_null(struct hessian *reader)
{
    if (next(reader) != 'N')
        return false;
    reader->at++;
    return true;
}

static int32_t as_signed(uint64_t value)
{
    int64_t wide = (int64_t)value;

    return (int32_t)(wide > INT32_MAX ? wide - ((int64_t)1 << 32) : wide);
}

bool hessian_int(struct hessian *reader, int32_t *value)
{
    uint64_t bits = 0;

    if (!take(reader, 'I', "an integer is something else") || !number(reader, 4, &bits))
        return false;
    *value = as_signed(bits);
    return true;
}

/* Bytes of the character at `at`, or 0 where there is none. */
static size_t character(const unsigned char *at, size_t room)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : (at[0] & 0xf0) == 0xe0 ? 3 : (at[0] & 0xf8) == 0xf0 ? 4 : 0;
    uint32_t code;

    if (length == 0 || length > room)
        return 0;
    if (length == 1)
        return at[0] != 0 ? 1 : 0;
    code = at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fU);
    }
    return code >= least[length] && code <= 0x10ffff ? length : 0;
}

struct text {
    char *out; /* NULL: it is passed over */
    size_t size, used;
    bool cut; /* what does not fit may be left out */
};

static bool keep(struct hessian *reader, struct text *text, size_t length)
{
    if (text->out != NULL && text->used + length < text->size) {
        memcpy(text->out + text->used, reader->at, length);
        text->used += length;
        text->out[text->used] = '\0';
    } else if (text->out != NULL && !text->cut) {
        return hessian_fail(reader, "a text is too long");
    } else {
        text->size = 0; /* a later, shorter character would fit, and would not belong there */
    }
    reader->at += length;
    return true;
}

/* So many characters; their length in bytes is found on the way. */
static bool characters(struct hessian *reader, struct text *text)
{
    uint64_t count = 0;

    if (!number(reader, 2, &count))
        return false;
    for (; count > 0; count--) {
        size_t room = (size_t)(reader->end - reader->at);
        size_t length = room > 0 ? character(reader->at, room) : 0;
        if (length == 0)
            return hessian_fail(reader, room == 0 ? BROKEN_OFF : "a text is not UTF-8, or has a NUL in it");
        if (!keep(reader, text, length))
            return false;
    }
    return true;
}

static bool read_text(struct hessian *reader, struct text *text)
{
    if (text->out != NULL)
        text->out[0] = '\0';
    while (next(reader) == 's')
        if (!take(reader, 's', "") || !characters(reader, text))
            return false;
    return take(reader, 'S', "a text is something else") && characters(reader, text);
}

bool hessian_text(struct hessian *reader, char *out, size_t size)
{
    return read_text(reader, &(struct text){.out = out, .size = size});
}

bool hessian_text_part(struct hessian *reader, char *out, size_t size)
{
    return read_text(reader, &(struct text){.out = out, .size = size, .cut = true});
}

static bool enter(struct hessian *reader, int32_t items)
{
    if (reader->depth == HESSIAN_DEPTH)
        return hessian_fail(reader, "it is nested too deeply");
    reader->left[reader->depth++] = items;
    return true;
}

static bool read_name(struct hessian *reader, char *name)
{
    struct text text = {.out = name, .size = NAME_SIZE};

    name[0] = '\0';
    return take(reader, 't', "an object has no class") && characters(reader, &text);
}

bool hessian_object(struct hessian *reader, const char *class)
{
    char name[NAME_SIZE];

    if (!take(reader, 'M', "an object is something else") || !read_name(reader, name))
        return false;
    return strcmp(name, class) == 0 ? enter(reader, -1) : hessian_fail(reader, "an object is of another class");
}

bool hessian_list(struct hessian *reader)
{
    char type[NAME_SIZE];
    uint64_t bits = 0;

    if (!take(reader, 'V', "a list is something else") || (next(reader) == 't' && !read_name(reader, type)))
        return false;
    if (next(reader) != 'l')
        return enter(reader, -1);
    if (!take(reader, 'l', "") || !number(reader, 4, &bits))
        return false;
    if (as_signed(bits) < -1)
        return hessian_fail(reader, "a list has a negative length");
    return enter(reader, as_signed(bits));
}

bool hessian_more(struct hessian *reader)
{
    int32_t *left;

    if (reader->problem != NULL)
        return false;
    left = &reader->left[reader->depth - 1];
    if (next(reader) != 'z') {
        if (*left == 0)
            return hessian_fail(reader, "a list has more items than it says");
        *left -= *left > 0 ? 1 : 0;
        return next(reader) >= 0 || hessian_fail(reader, BROKEN_OFF);
    }
    if (*left > 0)
        return hessian_fail(reader, "a list has fewer items than it says");
    reader->at++;
    reader->depth--;
    return false;
}

static bool skip_text(struct hessian *reader)
{
    return read_text(reader, &(struct text){0});
}

static bool skip_bytes(struct hessian *reader)
{
    uint64_t count = 0;

    for (int tag = 'b'; tag == 'b';) {
        tag = next(reader);
        if (!take(reader, tag == 'b' ? 'b' : 'B', "bytes are something else") || !number(reader, 2, &count))
            return false;
        if ((uint64_t)(reader->end - reader->at) < count)
            return hessian_fail(reader, BROKEN_OFF);
        reader->at += count;
    }
    return true;
}

/* Fields of any object: a name, and a value. */
static bool skip_object(struct hessian *reader)
{
    char name[NAME_SIZE];

    if (!take(reader, 'M', "") || (next(reader) == 't' && !read_name(reader, name)) || !enter(reader, -1))
        return false;
    while (hessian_more(reader))
        if (!skip_text(reader) || !hessian_skip(reader))
            return false;
    return reader->problem == NULL;
}

static bool skip_list(struct hessian *reader)
{
    if (!hessian_list(reader))
        return false;
    while (hessian_more(reader))
        if (!hessian_skip(reader))
            return false;
    return reader->problem == NULL;
}

bool hessian_skip(struct hessian *reader)
{
    uint64_t ignored;
    int tag = next(reader);

    switch (tag) {
    case 'N':
    case 'T':
    case 'F':
        return take(reader, tag, "");
    case 'I':
        return take(reader, tag, "") && number(reader, 4, &ignored);
    case 'L':
    case 'D':
        return take(reader, tag, "") && number(reader, 8, &ignored);
    case 's':
    case 'S':
        return skip_text(reader);
    case 'b':
    case 'B':
        return skip_bytes(reader);
    case 'M':
        return skip_object(reader);
    case 'V':
        return skip_list(reader);
    case 'R':
        return hessian_fail(reader, "it has a reference");
    default:
        return hessian_fail(reader, tag < 0 ? BROKEN_OFF : "it has a value of a kind that does not belong there");
    }
}
