/* White lists: who is on one is on it by a slower way to read it as well. Input: the list, and a name in the next line. */
#include "callers.h"

#include "fuzz.h"
#include "list.h"

#include <stdlib.h>
#include <string.h>

static bool blank(char at)
{
    return at == ' ' || at == '\t' || at == ',';
}

/* Whether this very item, `.pool` or not, means the name. */
static bool means(const char *item, size_t length, const char *name)
{
    size_t i = 0;

    if (length == 1 && item[0] == '*')
        return true;
    if (strlen(name) == length && strncmp(item, name, length) == 0)
        return true;
    if (item[0] != '.' || length == 1)
        return false;
    for (item++, length--; i < length; i++)
        if (name[i] != item[i])
            return false;
    if (name[i] == '\0')
        return false;
    for (; name[i] != '\0'; i++)
        if (name[i] < '0' || name[i] > '9')
            return false;
    return true;
}

static bool listed_slowly(const char *list, const char *name, size_t *items)
{
    bool listed = false;
    size_t length = strlen(list);

    for (size_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && !blank(list[end]); end++)
            ;
        *items += end > start ? 1 : 0;
        listed = listed || (end > start && means(list + start, end - start, name));
    }
    return listed;
}

static void look_at_items(const char *list, size_t items)
{
    const char *rest = list;
    struct item item = {.text = list};

    for (; items > 0; items--) {
        const char *before = item.text + item.length;
        holds(list_next(&rest, &item));
        holds(item.length > 0 && item.text >= before && item.text + item.length <= list + strlen(list));
        for (size_t i = 0; i < item.length; i++)
            holds(!blank(item.text[i]));
    }
    holds(!list_next(&rest, &item) && *rest == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_string(data, size), *rest = text;
    char *first = fuzz_line(&rest);
    char *list = fuzz_string((const uint8_t *)first, strlen(first)), *name = fuzz_string((const uint8_t *)rest, strlen(rest));
    size_t items = 0;

    holds(callers_listed(list, name) == listed_slowly(list, name, &items));
    look_at_items(list, items);
    free(name);
    free(list);
    free(text);
    return 0;
}
