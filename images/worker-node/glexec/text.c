#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool plain(unsigned char byte, bool keep_quotes)
{
    if (byte < 0x20 || byte > 0x7e)
        return false;
    return keep_quotes || (byte != '"' && byte != '\\');
}

static size_t shown_length(const char *in, bool keep_quotes)
{
    size_t length = 0;

    for (; *in != '\0'; in++)
        length += plain((unsigned char)*in, keep_quotes) ? 1 : 4;
    return length;
}

static void escape(char *out, size_t size, const char *in, size_t whole, bool keep_quotes)
{
    char cut[40] = "";
    size_t room, used = 0;

    if (size == 0)
        return;
    if (strlen(in) < whole || shown_length(in, keep_quotes) >= size)
        (void)snprintf(cut, sizeof cut, "...[cut, %zu bytes]", whole);
    room = size - 1 > strlen(cut) ? size - 1 - strlen(cut) : 0;
    for (; *in != '\0'; in++) {
        bool as_it_is = plain((unsigned char)*in, keep_quotes);
        if (used + (as_it_is ? 1 : 4) > room)
            break;
        if (as_it_is)
            out[used++] = *in;
        else
            used += (size_t)snprintf(out + used, size - used, "\\x%02X", (unsigned char)*in);
    }
    (void)snprintf(out + used, size - used, "%s", cut);
}

void text_escape(char *out, size_t size, const char *in)
{
    escape(out, size, in, strlen(in), false);
}

void text_escape_part(char *out, size_t size, const char *in, size_t whole)
{
    escape(out, size, in, whole, false);
}

void text_one_line(char *out, size_t size, const char *in)
{
    escape(out, size, in, strlen(in), true);
}

bool text_number(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t value = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > most)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

bool text_print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < size;
}
