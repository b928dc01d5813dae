#include "config.h"

#include "options.h"
#include "text.h"

#include <string.h>

#define LINE_MAX_LENGTH 4096
#define OPTIONS_MAX 64

static bool wrong(struct config_error *error, unsigned line, const char *reason)
{
    error->line = line;
    (void)text_print(error->reason, sizeof error->reason, "%s", reason);
    return false;
}

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    return text;
}

struct reader {
    struct config *config;
    struct config_error *error;
    unsigned line;
    bool in_section, section_seen, elsewhere;
    unsigned given[OPTIONS_MAX]; /* line of each option, 0 when not given */
};

static bool read_section(struct reader *reader, char *text)
{
    char *end = strchr(text, ']');

    if (end == NULL || end[1] != '\0')
        return wrong(reader->error, reader->line, "a section needs exactly one closing bracket");
    *end = '\0';
    reader->in_section = strcmp(trim(text + 1), "glexec") == 0;
    reader->elsewhere = !reader->in_section;
    if (reader->in_section && reader->section_seen)
        return wrong(reader->error, reader->line, "section [glexec] stands twice");
    reader->section_seen = reader->section_seen || reader->in_section;
    return true;
}

static bool read_option(struct reader *reader, char *text)
{
    char *equals = strchr(text, '=');
    char *name, *value, reason[200];
    const char *problem;
    size_t index;

    if (equals == NULL)
        return wrong(reader->error, reader->line, "expected name = value");
    *equals = '\0';
    name = trim(text);
    value = trim(equals + 1);
    problem = options_store(reader->config, name, value, &index);
    if (problem == NULL && index >= OPTIONS_MAX)
        problem = "too many options";
    if (problem == NULL && reader->given[index] != 0)
        problem = "given twice";
    if (problem != NULL) {
        (void)text_print(reason, sizeof reason, "%.60s: %s", name, problem);
        return wrong(reader->error, reader->line, reason);
    }
    reader->given[index] = reader->line;
    return true;
}

static bool read_line(struct reader *reader, char *text)
{
    if (strlen(text) > LINE_MAX_LENGTH)
        return wrong(reader->error, reader->line, "the line is too long");
    if (strchr(text, '\r') != NULL)
        return wrong(reader->error, reader->line, "a carriage return: the file has line ends of another system");
    text = trim(text);
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return true;
    if (text[0] == '[')
        return read_section(reader, text);
    if (reader->in_section)
        return read_option(reader, text);
    if (reader->elsewhere)
        return true;
    return wrong(reader->error, reader->line, "an option before the first section");
}

bool config_parse(struct config *config, size_t length, struct config_error *error)
{
    struct reader reader = {.config = config, .error = error};
    char *text = config->text, *next;

    *error = (struct config_error){0};
    options_defaults(config);
    config->text[length] = '\0';
    if (memchr(config->text, '\0', length) != NULL)
        return wrong(error, 0, "a NUL character");
    for (; text != NULL; text = next) {
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        reader.line++;
        if (!read_line(&reader, text))
            return false;
    }
    if (!reader.section_seen)
        return wrong(error, 0, "there is no section [glexec]");
    return true;
}
