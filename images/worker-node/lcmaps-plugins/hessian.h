/* Hessian 1, read strictly from bytes that a stranger may have sent. Source: the Hessian 1.0.2 specification.
 *
 * A reader goes through the bytes once and stops at the first thing that is not as it should be: `problem` then says what,
 * and everything that is called afterwards returns false. References, dates, XML and remote objects are refused. */
#ifndef HESSIAN_H
#define HESSIAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HESSIAN_DEPTH 16 /* objects and lists in one another */

struct hessian {
    const unsigned char *at, *end;
    unsigned depth;
    int32_t left[HESSIAN_DEPTH]; /* items that a list still has to have; -1 where it did not say */
    const char *problem;
};

void hessian_start(struct hessian *reader, const unsigned char *bytes, size_t length);

/* True when everything was read and there is nothing behind it. */
bool hessian_done(struct hessian *reader);

/* Keeps the problem, if there is none yet; returns false. */
bool hessian_fail(struct hessian *reader, const char *problem);

/* Takes a null if one is next. */
bool hessian_null(struct hessian *reader);

bool hessian_int(struct hessian *reader, int32_t *number);

/* A whole text that fits, without NUL; its UTF-8 is checked, surrogates in three bytes each are let through as Java writes
 * them. hessian_text_part cuts one that does not fit, for texts that are only shown. Without a place it is passed over. */
bool hessian_text(struct hessian *reader, char *out, size_t size);
bool hessian_text_part(struct hessian *reader, char *out, size_t size);

/* Goes into an object of exactly this class, or into a list of whatever type. */
bool hessian_object(struct hessian *reader, const char *class);
bool hessian_list(struct hessian *reader);

/* Whether the object or list has another field or item; at its end it is left. A list that said how many items it has must
 * have as many. False as well when there is a problem: after the loop that has to be asked. */
bool hessian_more(struct hessian *reader);

/* Passes over one value, whatever it is, and checks it all the same. */
bool hessian_skip(struct hessian *reader);

#endif
