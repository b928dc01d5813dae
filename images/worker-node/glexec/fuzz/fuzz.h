/* What the fuzz targets have in common: claims that have to hold, and inputs that end where ASan looks. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One input; libFuzzer calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run, with the claim and the input, unless the claim holds. */
#define holds(claim) ((claim) ? (void)0 : fuzz_broken(#claim, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *claim, const char *file, int line);

/* The bytes as text with a NUL right behind them, where the allocation ends. The caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The same, up to the first NUL: what a C string can carry. */
char *fuzz_string(const uint8_t *data, size_t size);

/* The text up to the next line end, with a NUL behind it; `rest` moves behind that end. At the end of all, an empty one. */
char *fuzz_line(char **rest);

/* A number below `limit` that depends on the input and on nothing else. */
size_t fuzz_pick(const uint8_t *data, size_t size, size_t limit);

/* Whether there are only bytes that can be printed, in ASCII. */
int fuzz_printable(const char *text);

#endif
