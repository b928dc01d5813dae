#include "pem.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

struct line {
    const char *text;
    size_t length; /* without its end, of either system's kind */
};

static struct line take_line(const char **rest)
{
    struct line line = {.text = *rest, .length = strcspn(*rest, "\n")};

    *rest += line.length + ((*rest)[line.length] == '\n' ? 1 : 0);
    while (line.length > 0 && strchr("\r \t", line.text[line.length - 1]) != NULL)
        line.length--;
    return line;
}

static bool begins(const struct line *line, const char *with)
{
    return line->length >= strlen(with) && memcmp(line->text, with, strlen(with)) == 0;
}

/* The kind that a line like `-----BEGIN CERTIFICATE-----` names; an empty one when it is no such line. */
static struct line kind_of(const struct line *line, const char *word)
{
    struct line kind = {.text = line->text, .length = 0};
    size_t around = strlen(word) + strlen(DASHES);

    if (begins(line, word) && line->length > around &&
        memcmp(line->text + line->length - strlen(DASHES), DASHES, strlen(DASHES)) == 0)
        kind = (struct line){.text = line->text + strlen(word), .length = line->length - around};
    return kind;
}

static bool is(const struct line *kind, const char *name)
{
    return kind->length == strlen(name) && memcmp(kind->text, name, kind->length) == 0;
}

static bool ends_with(const struct line *kind, const char *name)
{
    size_t length = strlen(name);

    return kind->length >= length && memcmp(kind->text + kind->length - length, name, length) == 0;
}

/* Base64, or a header such as those of an encrypted key. */
static bool belongs_inside(const struct line *line)
{
    if (memchr(line->text, ':', line->length) != NULL)
        return true;
    for (size_t i = 0; i < line->length; i++) {
        char at = line->text[i];
        bool letter = (at >= 'A' && at <= 'Z') || (at >= 'a' && at <= 'z') || (at >= '0' && at <= '9');
        if (!letter && at != '+' && at != '/' && at != '=' && at != ',')
            return false;
    }
    return true;
}

/* The lines of one block up to its end. */
static const char *look_inside(const char **rest, const struct line *kind)
{
    while (**rest != '\0') {
        struct line line = take_line(rest);
        struct line ended = kind_of(&line, END);
        if (ended.length > 0)
            return ended.length == kind->length && memcmp(ended.text, kind->text, kind->length) == 0
                       ? NULL
                       : "has a block that ends as another kind than it began";
        if (!belongs_inside(&line))
            return "has a block with something else than base64 in it";
    }
    return "breaks off inside a block";
}

const char *pem_look(const char *text, struct pem *pem)
{
    *pem = (struct pem){.certificates = 0};
    while (*text != '\0') {
        struct line line = take_line(&text);
        struct line kind = kind_of(&line, BEGIN);
        const char *problem;
        if (kind.length == 0)
            continue;
        problem = look_inside(&text, &kind);
        if (problem != NULL)
            return problem;
        pem->certificates += is(&kind, "CERTIFICATE") || is(&kind, "X509 CERTIFICATE") ? 1 : 0;
        pem->keys += ends_with(&kind, "PRIVATE KEY") ? 1 : 0;
    }
    return NULL;
}
