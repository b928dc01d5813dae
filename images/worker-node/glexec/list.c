#include "list.h"

#include <string.h>

bool list_next(const char **rest, struct item *item)
{
    while (**rest != '\0') {
        *rest += strspn(*rest, ", \t");
        item->text = *rest;
        item->length = strcspn(*rest, ", \t");
        *rest += item->length;
        if (item->length > 0)
            return true;
    }
    return false;
}

bool item_is(const struct item *item, const char *word)
{
    return strlen(word) == item->length && memcmp(item->text, word, item->length) == 0;
}
