/* Base64 as Argus' clients and servers write it. */
#ifndef BASE64_H
#define BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the text that `length` bytes become, its NUL included. */
size_t base64_size(size_t length);

/* Writes lines of 64 characters, each ended by CRLF, also the last one, and a NUL. `out` has base64_size(length) bytes. */
void base64_encode(char *out, const unsigned char *bytes, size_t length);

/* Takes the text apart in its own place and says how many bytes came of it. Line ends, blanks and tabs are passed over;
 * anything else that is not base64 in full groups of four, rightly padded, is none: false. */
bool base64_decode(char *text, size_t length, size_t *bytes);

#endif
