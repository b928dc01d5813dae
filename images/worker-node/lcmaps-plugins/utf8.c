#include "utf8.h"

#define LAST 0x10ffff

static size_t length_by(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    return (first & 0xf0) == 0xe0 ? 3 : (first & 0xf8) == 0xf0 ? 4 : 0;
}

size_t utf8_character(const unsigned char *at, size_t room, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = room > 0 ? length_by(at[0]) : 0;

    if (length == 0 || length > room)
        return 0;
    *code = length == 1 ? at[0] : at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3fU);
    }
    return *code >= least[length] && *code <= LAST ? length : 0;
}
