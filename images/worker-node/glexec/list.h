/* Lists in glexec.conf: items between commas, blanks around them do not count. */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>
#include <stddef.h>

struct item {
    const char *text; /* not terminated */
    size_t length;
};

/* Moves to the next item that is not empty. `rest` starts at the list and is kept by the caller. */
bool list_next(const char **rest, struct item *item);

/* Whether the item is this word. */
bool item_is(const struct item *item, const char *word);

#endif
