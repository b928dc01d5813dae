/* Characters of a text in UTF-8. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at `at`, of which `room` bytes are there, and how many bytes it has: 0 for what is none, is cut off, or is
 * written longer than it has to be. NUL is a character; so is half a surrogate pair, as Java writes them. */
size_t utf8_character(const unsigned char *at, size_t room, uint32_t *code);

#endif
