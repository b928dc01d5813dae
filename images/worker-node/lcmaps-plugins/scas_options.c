#include "scas_options.h"

#include "../glexec/text.h"
#include "https_options.h"
#include "words.h"

#include <string.h>

#define AGAIN 1 /* the original asks one that is in trouble a second time, too */

static const char *const resources[] = {"wn", "ce", "se", "rb", NULL};
static const char *const actions[] = {"execute-now", "queue", "access", NULL};

static struct scas_options *of(void *into)
{
    return into;
}

static const char *take_capath(void *into, const char *value)
{
    return https_take_path(of(into)->https.capath, value);
}

static const char *take_certificate(void *into, const char *value)
{
    return https_take_path(of(into)->https.certificate, value);
}

static const char *take_key(void *into, const char *value)
{
    return https_take_path(of(into)->https.key, value);
}

static const char *take_hostname(void *into, const char *value)
{
    return words_copy(of(into)->https.hostname, sizeof of(into)->https.hostname, value);
}

static const char *take_owner(void *into, const char *value)
{
    return words_copy(of(into)->owner, sizeof of(into)->owner, value);
}

static const char *take_crls(void *into, const char *value)
{
    return https_take_crls(&of(into)->https, value);
}

static const char *take_timeout(void *into, const char *value)
{
    return https_take_timeout(&of(into)->https, value);
}

static const char *take_endpoint(void *into, const char *url)
{
    const char *objection = https_url_objection(&of(into)->https, url);

    return objection == NULL ? endpoints_add(&of(into)->endpoints, url) : objection;
}

/* One URL, or several with commas. */
static const char *take_endpoints(void *into, const char *value)
{
    char url[ENDPOINT_SIZE];
    const char *problem = NULL;

    for (const char *rest = value; problem == NULL; rest++) {
        size_t length = strcspn(rest, ",");
        if (length >= sizeof url)
            return "a URL has 256 characters at most";
        memcpy(url, rest, length);
        url[length] = '\0';
        problem = take_endpoint(into, url);
        rest += length;
        if (*rest == '\0')
            break;
    }
    return problem;
}

static const char *take_strategy(void *into, const char *value)
{
    return endpoints_strategy(&of(into)->endpoints, value);
}

static const char *take_name(const char **name, const char *const names[], const char *value)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], value) == 0) {
            *name = names[i];
            return NULL;
        }
    return "there is no such type";
}

static const char *take_resource(void *into, const char *value)
{
    return take_name(&of(into)->resource, resources, value);
}

static const char *take_action(void *into, const char *value)
{
    return take_name(&of(into)->action, actions, value);
}

static const char *take_only_names(void *into, const char *value)
{
    (void)value;
    of(into)->only_names = true;
    return NULL;
}

/* Each call is a process and a connection of its own: there is nothing to keep alive. */
static const char *take_keepalive(void *into, const char *value)
{
    (void)into;
    (void)value;
    return NULL;
}

static const struct word words[] = {
    {"capath", .take = take_capath},
    {"cert", .take = take_certificate},
    {"key", .take = take_key},
    {"cert-owner", .take = take_owner},
    {"endpoint", .again = true, .take = take_endpoint},
    {"endpoints", .again = true, .take = take_endpoints},
    {"endpoint-strategy", .take = take_strategy},
    {"resourcetype", .take = take_resource},
    {"actiontype", .take = take_action},
    {"override-expected-hostname", .take = take_hostname},
    {"enable-keepalive", .alone = true, .take = take_keepalive},
    {"disable-keepalive", .alone = true, .take = take_keepalive},
    {"use-dn-and-fqans", .alone = true, .take = take_only_names},
    {"timeout", .take = take_timeout},
    {"crl-check", .take = take_crls},
};

static bool complete(const struct scas_options *options, char *why, size_t size)
{
    const char *problem = NULL;

    if (options->endpoints.count == 0)
        problem = "no --endpoint is given";
    else if (options->https.key[0] != '\0' && options->https.certificate[0] == '\0')
        problem = "-key is given without -cert";
    else if (options->owner[0] != '\0' && options->https.certificate[0] == '\0')
        problem = "--cert-owner is given without -cert";
    if (problem != NULL)
        (void)text_print(why, size, "%s", problem);
    return problem == NULL;
}

bool scas_options_take(struct scas_options *options, int argc, char **argv, char *why, size_t size)
{
    *options = (struct scas_options){.resource = resources[0], .action = actions[0]};
    https_defaults(&options->https);
    options->endpoints.again = AGAIN;
    return words_take(words, sizeof words / sizeof words[0], options, argc, argv, why, size) &&
           complete(options, why, size);
}
