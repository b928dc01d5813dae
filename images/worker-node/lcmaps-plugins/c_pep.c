/* lcmaps_c_pep.mod: the account comes from an Argus PEP daemon.
 *
 * It is sent the user's certificates, never a key, and asked over TLS in the pilot's name. Only a whole Permit with an
 * account that this node has is a yes. */
#include "base64.h"
#include "endpoints.h"
#include "https.h"
#include "module.h"
#include "pep_answer.h"
#include "pep_options.h"
#include "pep_request.h"

#include <lcmaps/lcmaps_log.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "lcmaps_c_pep"
#define FORM "application/x-www-form-urlencoded" /* what Argus' C client sends without meaning it */

static struct pep_options options;

int plugin_initialize(int argc, char **argv)
{
    char why[WHY_SIZE] = "";

    if (!pep_options_take(&options, argc, argv, why, sizeof why))
        return module_unusable(NAME, why);
    if (options.https.unchecked)
        (void)lcmaps_log(LOG_WARNING, "%s: the service's certificate is not checked: whoever answers is believed\n", NAME);
    return LCMAPS_MOD_SUCCESS;
}

int plugin_introspect(int *argc, lcmaps_argument_t **argv)
{
    return module_introspect(argc, argv);
}

/* One question, put to one endpoint after another. */
struct asking {
    struct https https;
    char *body;
    struct granted granted;
    const char *permitted_by;
};

/* By number; a name beside it has to be the same user's. */
static bool take_numbers(const struct pep_answer *answer, struct granted *granted, struct finding *finding)
{
    struct granted named = {0};

    if (!granted_uid(granted, answer->uid, finding) || !granted_gid(granted, answer->gid, finding))
        return false;
    for (size_t i = 0; i < answer->gid_count; i++)
        if (!granted_secondary_gid(granted, answer->gids[i], finding))
            return false;
    if (answer->user[0] == '\0')
        return true;
    return granted_user(&named, answer->user, finding) &&
           (named.uid == granted->uid ||
            find(finding, RULING_ACCOUNT_REFUSED, "user %s and uid %s are not the same", answer->user, answer->uid));
}

static bool take_account(const struct pep_answer *answer, struct granted *granted, struct finding *finding)
{
    *granted = (struct granted){0};
    if (answer->uid[0] != '\0')
        return take_numbers(answer, granted, finding);
    if (!granted_user(granted, answer->user, finding) || !granted_group(granted, answer->group, finding))
        return false;
    for (size_t i = 0; i < answer->group_count; i++)
        if (!granted_secondary(granted, answer->groups[i], finding))
            return false;
    return true;
}

static void take_answer(struct asking *asking, struct https_response *response, struct finding *finding)
{
    static struct pep_answer answer;
    size_t length = 0;

    if (response->status != 200)
        (void)find(finding, RULING_BROKEN, "HTTP status %ld", response->status);
    else if (!base64_decode(response->body, response->length, &length))
        (void)find(finding, RULING_BROKEN, "the response is no base64");
    else if (pep_answer_read(&answer, (const unsigned char *)response->body, length, finding) &&
             take_account(&answer, &asking->granted, finding))
        (void)find(finding, RULING_PERMIT, "uid %u", (unsigned)asking->granted.uid);
}

static void ask(void *context, const char *url, struct finding *finding)
{
    struct asking *asking = context;
    struct https_request request = {.url = url, .content_type = FORM, .body = asking->body, .length = strlen(asking->body)};
    struct https_response response;

    if (options.debug)
        (void)lcmaps_log(LOG_INFO, "%s: asking %s, %zu bytes\n", NAME, url, request.length);
    if (!https_post(&asking->https, &request, &response, finding))
        return;
    take_answer(asking, &response, finding);
    if (finding->ruling == RULING_PERMIT)
        asking->permitted_by = url;
    https_free(&response);
}

static void tell(void *context, const struct finding *finding)
{
    (void)context;
    (void)lcmaps_log(LOG_WARNING, "%s: %s: %s; the next endpoint is asked\n", NAME, ruling_reason(finding->ruling),
                     finding->why);
}

/* The pilot's own credential is what the connection is made with; a caller without one asks without one. */
static void use_pilot(struct https *https, const char *pilot)
{
    size_t length = pilot != NULL ? strlen(pilot) : 0;

    if (options.certificate != PEP_CERTIFICATE_IMPLICIT)
        return;
    if (length > 0 && length < sizeof https->certificate)
        memcpy(https->certificate, pilot, length + 1);
    else
        (void)lcmaps_log(LOG_WARNING, "%s: there is no proxy of the pilot's: the service is asked without a certificate\n", NAME);
}

static char *write_question(STACK_OF(X509) *chain, const char *pilot_file)
{
    char host[256] = "localhost";
    char *subject = module_pem(chain), *pilot = pilot_file != NULL ? module_pem_of_file(pilot_file) : NULL, *text = NULL;

    if (gethostname(host, sizeof host - 1) != 0)
        memcpy(host, "localhost", sizeof "localhost");
    if (subject != NULL)
        text = pep_request_write(&(struct pep_request){.subject = subject, .pilot = pilot, .resource = options.resource,
                                                       .action = options.action, .profile = options.profile, .host = host});
    free(subject);
    free(pilot);
    return text;
}

int plugin_run(int argc, lcmaps_argument_t *argv)
{
    struct asking asking = {.https = options.https};
    const char *pilot = getenv("X509_USER_PROXY");
    STACK_OF(X509) *chain = module_chain(argc, argv);
    struct finding finding = {0};

    module_names(argc, argv);
    if (chain == NULL || (asking.body = write_question(chain, pilot)) == NULL) {
        (void)find(&finding, RULING_CREDENTIAL, "LCMAPS has no certificates of the user to ask about");
        return module_refuses(NAME, &finding);
    }
    use_pilot(&asking.https, pilot);
    endpoints_ask(&options.endpoints, ask, tell, &asking, &finding);
    free(asking.body);
    if (finding.ruling != RULING_PERMIT)
        return module_refuses(NAME, &finding);
    return module_grants(NAME, &asking.granted, asking.permitted_by);
}

/* Whether an account that the caller has already is right is compared by LCMAPS, with what is found here. */
int plugin_verify(int argc, lcmaps_argument_t *argv)
{
    return plugin_run(argc, argv);
}

int plugin_terminate(void)
{
    return LCMAPS_MOD_SUCCESS;
}
