#include "pep_options.h"

#include "https_options.h"
#include "words.h"

#include "../glexec/text.h"

#include <string.h>

#define INTEROP "http://authz-interop.org/xacml/"
#define GLITE "http://glite.org/xacml/"
#define GRID_WN GLITE "profile/grid-wn/1.0"
#define AUTHZ_INTEROP INTEROP "profile/1.1"

static struct pep_options *of(void *into)
{
    return into;
}

static const char *take_endpoint(void *into, const char *value)
{
    return endpoints_add(&of(into)->endpoints, value);
}

static const char *take_id(char *out, const char *value)
{
    for (const char *at = value; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return "an id is printable ASCII without blanks";
    return words_copy(out, PEP_ID_SIZE, value);
}

/* The long form of a short word, in a list of pairs. */
static const char *take_kind(char *out, const char *const pairs[][2], const char *value)
{
    for (size_t i = 0; pairs[i][0] != NULL; i++)
        if (strcmp(pairs[i][0], value) == 0)
            return words_copy(out, PEP_ID_SIZE, pairs[i][1]);
    return "it is none of the words that there are for it";
}

static const char *once(const char *out)
{
    return out[0] != '\0' ? "id and type exclude each other" : NULL;
}

static const char *take_resource(void *into, const char *value)
{
    const char *problem = once(of(into)->resource);

    return problem != NULL ? problem : take_id(of(into)->resource, value);
}

static const char *take_resource_type(void *into, const char *value)
{
    static const char *const pairs[][2] = {{"se", INTEROP "resource/resource-type/se"},
                                           {"ce", INTEROP "resource/resource-type/ce"},
                                           {"rb", INTEROP "resource/resource-type/rb"},
                                           {"wn", INTEROP "resource/resource-type/wn"},
                                           {NULL, NULL}};
    const char *problem = once(of(into)->resource);

    return problem != NULL ? problem : take_kind(of(into)->resource, pairs, value);
}

static const char *take_action(void *into, const char *value)
{
    const char *problem = once(of(into)->action);

    return problem != NULL ? problem : take_id(of(into)->action, value);
}

static const char *take_action_type(void *into, const char *value)
{
    static const char *const pairs[][2] = {{"execute-now", INTEROP "action/action-type/execute-now"},
                                           {"queue", INTEROP "action/action-type/queue"},
                                           {"access-file", INTEROP "action/action-type/access"},
                                           {NULL, NULL}};
    const char *problem = once(of(into)->action);

    return problem != NULL ? problem : take_kind(of(into)->action, pairs, value);
}

static const char *take_profile(void *into, const char *value)
{
    static const char *const pairs[][2] = {{"grid-wn/1.0", GRID_WN},
                                           {GRID_WN, GRID_WN},
                                           {"authz-interop/1.1", AUTHZ_INTEROP},
                                           {AUTHZ_INTEROP, AUTHZ_INTEROP},
                                           {NULL, NULL}};

    return take_kind(of(into)->profile, pairs, value);
}

static const char *take_capath(void *into, const char *value)
{
    of(into)->capath = true;
    return https_take_path(of(into)->https.capath, value);
}

static const char *take_cafile(void *into, const char *value)
{
    return https_take_path(of(into)->https.cafile, value);
}

static const char *take_checks(void *into, const char *value)
{
    (void)value;
    of(into)->https.unchecked = false;
    return NULL;
}

static const char *take_no_checks(void *into, const char *value)
{
    (void)value;
    of(into)->https.unchecked = true;
    return NULL;
}

static const char *take_crls(void *into, const char *value)
{
    return https_take_crls(&of(into)->https, value);
}

static const char *take_mode(void *into, const char *value)
{
    static const char *const words[] = {[PEP_CERTIFICATE_IMPLICIT] = "implicit",
                                        [PEP_CERTIFICATE_EXPLICIT] = "explicit",
                                        [PEP_CERTIFICATE_NONE] = "none"};

    of(into)->moded = true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], value) == 0) {
            of(into)->certificate = (enum pep_certificate)i;
            return NULL;
        }
    return "there are implicit, explicit and none";
}

static const char *take_certificate(void *into, const char *value)
{
    return https_take_path(of(into)->https.certificate, value);
}

static const char *take_key(void *into, const char *value)
{
    return https_take_path(of(into)->https.key, value);
}

static const char *take_password(void *into, const char *value)
{
    return https_take_password(&of(into)->https, value);
}

static const char *take_password_file(void *into, const char *value)
{
    return https_take_password_file(&of(into)->https, value);
}

static const char *take_timeout(void *into, const char *value)
{
    return https_take_timeout(&of(into)->https, value);
}

static const char *take_debug(void *into, const char *value)
{
    (void)value;
    of(into)->debug = true;
    return NULL;
}

static const char *take_plain(void *into, const char *value)
{
    (void)value;
    of(into)->https.plain = true;
    return NULL;
}

/* Once needed for the NSS of RHEL 6. Here it would have the caller say whom we believe, so that it does nothing. */
static const char *take_pilot_as_cafile(void *into, const char *value)
{
    (void)into;
    (void)value;
    return NULL;
}

static const struct word words[] = {
    {"pep-daemon-endpoint-url", false, true, take_endpoint},
    {"endpoint", false, true, take_endpoint},
    {"endpoints", false, true, take_endpoint},
    {"resourceid", false, false, take_resource},
    {"resourcetype", false, false, take_resource_type},
    {"actionid", false, false, take_action},
    {"actiontype", false, false, take_action_type},
    {"profile", false, false, take_profile},
    {"capath", false, false, take_capath},
    {"cafile", false, false, take_cafile},
    {"check-certificates", true, false, take_checks},
    {"no-check-certificates", true, false, take_no_checks},
    {"crl-check", false, false, take_crls},
    {"pep-certificate-mode", false, false, take_mode},
    {"certificate", false, false, take_certificate},
    {"key", false, false, take_key},
    {"pass", false, false, take_password},
    {"passfile", false, false, take_password_file},
    {"use-pilot-proxy-as-cafile", true, false, take_pilot_as_cafile},
    {"pep-c-debug", true, false, take_debug},
    {"timeout", false, false, take_timeout},
    {"allow-plain-http", true, false, take_plain},
};

static void fill_in(struct pep_options *options)
{
    if (options->resource[0] == '\0')
        (void)text_print(options->resource, PEP_ID_SIZE, INTEROP "resource/resource-type/wn");
    if (options->action[0] == '\0')
        (void)text_print(options->action, PEP_ID_SIZE, GLITE "action/execute");
    if (options->profile[0] == '\0')
        (void)text_print(options->profile, PEP_ID_SIZE, GRID_WN);
    if (options->https.cafile[0] != '\0' && !options->capath)
        options->https.capath[0] = '\0';
    if (!options->moded && options->https.certificate[0] != '\0')
        options->certificate = PEP_CERTIFICATE_EXPLICIT;
}

/* What the options do not say together. */
static const char *objection(const struct pep_options *options)
{
    if (options->endpoints.count == 0)
        return "there is no --pep-daemon-endpoint-url";
    if (options->certificate == PEP_CERTIFICATE_EXPLICIT && options->https.certificate[0] == '\0')
        return "certificate mode explicit needs --certificate";
    if (options->certificate != PEP_CERTIFICATE_EXPLICIT &&
        (options->https.certificate[0] != '\0' || options->https.key[0] != '\0' || options->https.password[0] != '\0'))
        return "--certificate, --key, --pass and --passfile go with certificate mode explicit";
    for (size_t i = 0; i < options->endpoints.count; i++)
        if (https_url_objection(&options->https, options->endpoints.url[i]) != NULL)
            return https_url_objection(&options->https, options->endpoints.url[i]);
    return NULL;
}

bool pep_options_take(struct pep_options *options, int argc, char **argv, char *why, size_t size)
{
    const char *problem;

    *options = (struct pep_options){0};
    https_defaults(&options->https);
    if (!words_take(words, sizeof words / sizeof words[0], options, argc, argv, why, size))
        return false;
    fill_in(options);
    problem = objection(options);
    if (problem != NULL)
        (void)text_print(why, size, "%s", problem);
    return problem == NULL;
}
