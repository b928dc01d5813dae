#include "policy_paths.h"

#include <stddef.h>
#include <string.h>

#define BLANKS " \t\r\n"

static const struct {
    const char *option;
    enum named kind;
} options[] = {
    {"-gridmapfile", NAMED_FILE}, {"-GRIDMAPFILE", NAMED_FILE}, {"-gridmap", NAMED_FILE}, {"-GRIDMAP", NAMED_FILE},
    {"-groupmapfile", NAMED_FILE}, {"-GROUPMAPFILE", NAMED_FILE}, {"-groupmap", NAMED_FILE}, {"-GROUPMAP", NAMED_FILE},
    {"-banmapfile", NAMED_FILE}, {"-BANMAPFILE", NAMED_FILE}, {"-ban_mapfile", NAMED_FILE}, {"-BAN_MAPFILE", NAMED_FILE},
    {"-gridmapdir", NAMED_LEASES}, {"-GRIDMAPDIR", NAMED_LEASES}, {"-groupmapdir", NAMED_LEASES},
    {"-GROUPMAPDIR", NAMED_LEASES}, {"-certdir", NAMED_FOLDER}, {"-CERTDIR", NAMED_FOLDER}, {"-cadir", NAMED_FOLDER},
    {"-capath", NAMED_FOLDER}, {"--capath", NAMED_FOLDER}, {"-vomsdir", NAMED_FOLDER}, {"-VOMSDIR", NAMED_FOLDER},
};

struct word {
    const char *text;
    size_t length;
};

static bool is(const struct word *word, const char *text)
{
    return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

/* A quote that belongs to its string, `"-gridmapfile \"/etc/map\""`: LCMAPS takes it off when it divides the options. */
static bool escaped_quote(const char *at)
{
    return at[0] == '\\' && at[1] == '"';
}

/* How far a word goes; in a string a quote ends it, whether escaped or not. */
static size_t word_length(const char *at, bool quoted)
{
    size_t length = strcspn(at, quoted ? BLANKS "\"" : BLANKS "\"=#");

    return quoted && length > 0 && escaped_quote(at + length - 1) ? length - 1 : length;
}

/* The next word of the policy: quotes only separate, as the strings of one plugin are joined with blanks; a comment goes to
 * the end of its line, unless the # is in a string. Outside of strings `=` is a word, `path=/folder` needs no blanks. */
static bool next_word(struct policy_reader *reader, struct word *word)
{
    const char *at = reader->rest;

    for (;;) {
        at += strspn(at, BLANKS);
        if (reader->quoted && escaped_quote(at))
            at++;
        else if (*at == '"')
            reader->quoted = !reader->quoted;
        else if (*at == '#' && !reader->quoted)
            at += strcspn(at, "\n");
        else
            break;
        at += *at != '\0' ? 1 : 0;
    }
    word->text = at;
    word->length = word_length(at, reader->quoted);
    if (!reader->quoted && *at == '=')
        word->length = 1;
    reader->rest = at + word->length;
    return word->length > 0;
}

static bool take(struct policy_path *found, enum named kind, const struct word *word)
{
    if (word->length >= sizeof found->path || word->text[0] != '/')
        return false;
    memcpy(found->path, word->text, word->length);
    found->path[word->length] = '\0';
    found->kind = kind;
    return true;
}

static bool takes_path(const struct word *word, enum named *kind)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (is(word, options[i].option)) {
            *kind = options[i].kind;
            return true;
        }
    return false;
}

/* A module that is named by its whole path. */
static bool is_module(const struct word *word)
{
    return word->length > 4 && memcmp(word->text + word->length - 4, ".mod", 4) == 0;
}

bool policy_path_next(struct policy_reader *reader, struct policy_path *found)
{
    struct word word;
    enum named kind = NAMED_FILE;
    bool expected = false, equals = false;

    while (next_word(reader, &word)) {
        if ((expected || is_module(&word)) && take(found, expected ? kind : NAMED_FILE, &word))
            return true;
        if (equals && is(&word, "=")) {
            equals = false;
            continue;
        }
        expected = takes_path(&word, &kind);
        if (!reader->quoted && is(&word, "=")) { /* a module may be named by its whole path, whatever it ends in */
            expected = true;
            kind = NAMED_FILE;
        }
        equals = !reader->quoted && is(&word, "path");
        if (equals) {
            expected = true;
            kind = NAMED_FOLDER;
        }
    }
    return false;
}
