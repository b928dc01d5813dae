#include "hessian_parts.h"
#include "utf8.h"

#include <string.h>

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

int hessian_next(const struct hessian *reader)
{
    return reader->problem == NULL && reader->at < reader->end ? *reader->at : -1;
}

bool hessian_take(struct hessian *reader, int tag, const char *otherwise)
{
    if (hessian_next(reader) != tag)
        return hessian_fail(reader, hessian_next(reader) < 0 ? HESSIAN_BROKEN_OFF : otherwise);
    reader->at++;
    return true;
}

bool hessian_number(struct hessian *reader, size_t bytes, uint64_t *value)
{
    if (reader->problem != NULL || (size_t)(reader->end - reader->at) < bytes)
        return hessian_fail(reader, HESSIAN_BROKEN_OFF);
    *value = 0;
    for (size_t i = 0; i < bytes; i++)
        *value = *value << 8 | *reader->at++;
    return true;
}

bool hessian_null(struct hessian *reader)
{
    if (hessian_next(reader) != 'N')
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

    if (!hessian_take(reader, 'I', "an integer is something else") || !hessian_number(reader, 4, &bits))
        return false;
    *value = as_signed(bits);
    return true;
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

    if (!hessian_number(reader, 2, &count))
        return false;
    for (; count > 0; count--) {
        size_t room = (size_t)(reader->end - reader->at), length;
        uint32_t code = 0;
        length = utf8_character(reader->at, room, &code);
        if (length == 0 || code == 0)
            return hessian_fail(reader, room == 0 ? HESSIAN_BROKEN_OFF : "a text is not UTF-8, or has a NUL in it");
        if (!keep(reader, text, length))
            return false;
    }
    return true;
}

static bool read_text(struct hessian *reader, struct text *text)
{
    if (text->out != NULL)
        text->out[0] = '\0';
    while (hessian_next(reader) == 's')
        if (!hessian_take(reader, 's', "") || !characters(reader, text))
            return false;
    return hessian_take(reader, 'S', "a text is something else") && characters(reader, text);
}

bool hessian_text(struct hessian *reader, char *out, size_t size)
{
    return read_text(reader, &(struct text){.out = out, .size = size});
}

bool hessian_text_part(struct hessian *reader, char *out, size_t size)
{
    return read_text(reader, &(struct text){.out = out, .size = size, .cut = true});
}

bool hessian_enter(struct hessian *reader, int32_t items)
{
    if (reader->depth == HESSIAN_DEPTH)
        return hessian_fail(reader, "it is nested too deeply");
    reader->left[reader->depth++] = items;
    return true;
}

bool hessian_name(struct hessian *reader, char *name)
{
    struct text text = {.out = name, .size = HESSIAN_NAME_SIZE};

    name[0] = '\0';
    return hessian_take(reader, 't', "an object has no class") && characters(reader, &text);
}

bool hessian_object(struct hessian *reader, const char *class)
{
    char name[HESSIAN_NAME_SIZE];

    if (!hessian_take(reader, 'M', "an object is something else") || !hessian_name(reader, name))
        return false;
    return strcmp(name, class) == 0 ? hessian_enter(reader, -1) : hessian_fail(reader, "an object is of another class");
}

bool hessian_list(struct hessian *reader)
{
    char type[HESSIAN_NAME_SIZE];
    uint64_t bits = 0;

    if (!hessian_take(reader, 'V', "a list is something else") || (hessian_next(reader) == 't' && !hessian_name(reader, type)))
        return false;
    if (hessian_next(reader) != 'l')
        return hessian_enter(reader, -1);
    if (!hessian_take(reader, 'l', "") || !hessian_number(reader, 4, &bits))
        return false;
    if (as_signed(bits) < -1)
        return hessian_fail(reader, "a list has a negative length");
    return hessian_enter(reader, as_signed(bits));
}

bool hessian_more(struct hessian *reader)
{
    int32_t *left;

    if (reader->problem != NULL)
        return false;
    left = &reader->left[reader->depth - 1];
    if (hessian_next(reader) != 'z') {
        if (*left == 0)
            return hessian_fail(reader, "a list has more items than it says");
        *left -= *left > 0 ? 1 : 0;
        return hessian_next(reader) >= 0 || hessian_fail(reader, HESSIAN_BROKEN_OFF);
    }
    if (*left > 0)
        return hessian_fail(reader, "a list has fewer items than it says");
    reader->at++;
    reader->depth--;
    return false;
}
