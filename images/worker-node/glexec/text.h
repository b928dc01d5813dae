/* Text that strangers wrote: made harmless before it is shown, and read as a number only if it is one. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies `in` to `out` so that it stays on one line, inside its quotes and in ASCII: control characters, quotes,
 * backslashes and bytes above 0x7e become \xHH. What does not fit is cut, and the cut is shown with the full length. */
void text_escape(char *out, size_t size, const char *in);

/* The same for text that is only the beginning of `whole` bytes. */
void text_escape_part(char *out, size_t size, const char *in, size_t whole);

/* The same, but quotes and backslashes stay: for a whole line that is already put together. */
void text_one_line(char *out, size_t size, const char *in);

/* Reads an unsigned decimal number up to `most`: digits only, no sign, no blanks, no leading zero. */
bool text_number(const char *text, uint32_t most, uint32_t *number);

/* snprintf that says whether everything fitted. */
bool text_print(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
