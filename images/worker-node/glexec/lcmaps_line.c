#include "lcmaps_line.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    int level;
} levels[] = {
    {"LOG_EMERG: ", 1},  {"LOG_ALERT: ", 1}, {"LOG_CRIT: ", 1}, {"LOG_ERR: ", 1},
    {"LOG_WARNING: ", 2}, {"LOG_NOTICE: ", 3}, {"LOG_INFO: ", 4}, {"LOG_DEBUG: ", 5},
};

/* Behind the level and the time, or NULL. The identity in front is ours, so that the first bracket is LCMAPS'. */
static const char *behind_time(const char *line, int *level)
{
    const char *at = strstr(line, "]");

    if (at == NULL)
        return NULL;
    at += 1 + strspn(at + 1, " ");
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (strncmp(at, levels[i].name, strlen(levels[i].name)) == 0) {
            *level = levels[i].level;
            at = strstr(at + strlen(levels[i].name), ": ");
            return at != NULL ? at + 2 : NULL;
        }
    return NULL;
}

/* A function's name has no blank in it: `lcmaps_plugin_x-plugin_run(): ...`. */
static const char *behind_function(const char *text)
{
    size_t length = strcspn(text, " ");

    return length > 1 && text[length - 1] == ':' && text[length] == ' ' ? text + length + 1 : text;
}

bool lcmaps_line_next(char **text, struct lcmaps_line *line)
{
    char *start = *text, *end;

    if (*start == '\0')
        return false;
    end = strchr(start, '\n');
    *text = end != NULL ? end + 1 : start + strlen(start);
    if (end != NULL)
        *end = '\0';
    line->level = 1;
    line->text = behind_time(start, &line->level);
    if (line->text == NULL)
        line->text = start;
    line->message = behind_function(line->text);
    return true;
}
