#include "hessian_parts.h"

static bool skip_bytes(struct hessian *reader)
{
    uint64_t count = 0;

    for (int tag = 'b'; tag == 'b';) {
        tag = hessian_next(reader);
        if (!hessian_take(reader, tag == 'b' ? 'b' : 'B', "bytes are something else") || !hessian_number(reader, 2, &count))
            return false;
        if ((uint64_t)(reader->end - reader->at) < count)
            return hessian_fail(reader, HESSIAN_BROKEN_OFF);
        reader->at += count;
    }
    return true;
}

/* Fields of any object: a name, and a value. */
static bool skip_object(struct hessian *reader)
{
    char name[HESSIAN_NAME_SIZE];

    if (!hessian_take(reader, 'M', "") || (hessian_next(reader) == 't' && !hessian_name(reader, name)) || !hessian_enter(reader, -1))
        return false;
    while (hessian_more(reader))
        if (!hessian_text(reader, NULL, 0) || !hessian_skip(reader))
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
    int tag = hessian_next(reader);

    switch (tag) {
    case 'N':
    case 'T':
    case 'F':
        return hessian_take(reader, tag, "");
    case 'I':
        return hessian_take(reader, tag, "") && hessian_number(reader, 4, &ignored);
    case 'L':
    case 'D':
        return hessian_take(reader, tag, "") && hessian_number(reader, 8, &ignored);
    case 's':
    case 'S':
        return hessian_text(reader, NULL, 0);
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
        return hessian_fail(reader, tag < 0 ? HESSIAN_BROKEN_OFF : "it has a value of a kind that does not belong there");
    }
}
