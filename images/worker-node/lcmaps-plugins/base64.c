#include "base64.h"

#include <stdint.h>
#include <string.h>

#define LINE 64 /* characters, of 48 bytes */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_size(size_t length)
{
    size_t characters = (length + 2) / 3 * 4;

    return characters + (characters + LINE - 1) / LINE * 2 + 1;
}

void base64_encode(char *out, const unsigned char *bytes, size_t length)
{
    size_t column = 0;

    for (size_t at = 0; at < length; at += 3) {
        size_t here = length - at < 3 ? length - at : 3;
        uint32_t group = (uint32_t)bytes[at] << 16;
        if (here > 1)
            group |= (uint32_t)bytes[at + 1] << 8;
        if (here > 2)
            group |= bytes[at + 2];
        for (size_t i = 0; i < 4; i++)
            *out++ = i <= here ? alphabet[group >> (18 - 6 * i) & 63] : '=';
        column += 4;
        if (column == LINE || at + 3 >= length) {
            *out++ = '\r';
            *out++ = '\n';
            column = 0;
        }
    }
    *out = '\0';
}

static bool is_blank(char character)
{
    return character == '\r' || character == '\n' || character == ' ' || character == '\t';
}

bool base64_decode(char *text, size_t length, size_t *bytes)
{
    uint32_t group = 0;
    unsigned filled = 0, padded = 0;

    *bytes = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit;
        if (is_blank(text[i]))
            continue;
        digit = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
        if (digit != NULL ? padded > 0 : text[i] != '=' || filled < 2 || padded == 2)
            return false; /* no digit, or something behind the padding */
        padded += digit == NULL ? 1 : 0;
        group = group << 6 | (digit != NULL ? (uint32_t)(digit - alphabet) : 0);
        if (++filled < 4)
            continue;
        for (unsigned byte = 0; byte < 3 - padded; byte++)
            text[(*bytes)++] = (char)(group >> (16 - 8 * byte) & 0xff);
        if ((group & ((1U << 8 * padded) - 1)) != 0)
            return false; /* bits that belong to no byte */
        filled = 0;
        group = 0;
    }
    return filled == 0;
}
