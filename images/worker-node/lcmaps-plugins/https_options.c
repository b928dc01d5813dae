#include "https_options.h"

#include "words.h"

#include "../glexec/text.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void https_defaults(struct https *https)
{
    *https = (struct https){.capath = HTTPS_CAPATH, .timeout = HTTPS_TIMEOUT};
}

const char *https_url_objection(const struct https *https, const char *url)
{
    const char *rest;

    if (strncasecmp(url, "https://", 8) == 0)
        rest = url + 8;
    else if (https->plain && strncasecmp(url, "http://", 7) == 0)
        rest = url + 7;
    else
        return "a URL begins with https://";
    if (rest[0] == '\0' || rest[0] == '/' || rest[0] == ':')
        return "the URL names no host";
    for (; *url != '\0'; url++)
        if (*url <= ' ' || *url > '~' || strchr("\"\\@", *url) != NULL)
            return "the URL has a character that does not belong there";
    return NULL;
}

const char *https_take_path(char *out, const char *value)
{
    return value[0] == '/' ? words_copy(out, HTTPS_PATH_SIZE, value) : "a path begins with /";
}

const char *https_take_crls(struct https *https, const char *value)
{
    static const char *const words[] = {[CRL_IF_PRESENT] = "if-present", [CRL_YES] = "yes", [CRL_NO] = "no"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], value) == 0) {
            https->crls = (enum crl_check)i;
            return NULL;
        }
    return "there are yes, no and if-present";
}

/* Whole seconds, or tenths of one: "0.3". */
const char *https_take_timeout(struct https *https, const char *value)
{
    uint32_t seconds = 0, tenths = 0;
    char whole[sizeof "300"];
    const char *point = strchr(value, '.');
    size_t length = point != NULL ? (size_t)(point - value) : strlen(value);

    if (!text_print(whole, sizeof whole, "%.*s", (int)length, value) || !text_number(whole, HTTPS_TIMEOUT_MAX, &seconds) ||
        (point != NULL && (point[1] == '\0' || point[2] != '\0' || !text_number(point + 1, 9, &tenths))) ||
        (seconds == 0 && tenths == 0) || (seconds == HTTPS_TIMEOUT_MAX && tenths > 0))
        return "a time limit is 0.1 to 300 seconds";
    https->timeout = seconds * 1000 + tenths * 100;
    return NULL;
}

const char *https_take_password(struct https *https, const char *value)
{
    if (https->password[0] != '\0')
        return "pass and passfile exclude each other";
    return words_copy(https->password, sizeof https->password, value);
}

const char *https_take_password_file(struct https *https, const char *value)
{
    char text[sizeof https->password + 1] = "";
    ssize_t got = -1;
    int file;

    if (value[0] != '/')
        return "a path begins with /";
    file = open(value, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file >= 0)
        got = read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    if (got < 0)
        return "the file cannot be read";
    text[strcspn(text, "\r\n")] = '\0';
    return https_take_password(https, text);
}
