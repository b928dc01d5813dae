/* lcmaps_scas_client.mod, and by its other name lcmaps_gums_client.mod: asks a central SCAS or GUMS server for the account.
 *
 * The user's chain and VOMS attributes are those that LCMAPS was given; the pilot's proxy is in the file that
 * X509_USER_PROXY names. Only a whole Permit with an account that this node knows is a yes. */
#include "module.h"
#include "plugin.h"
#include "scas_call.h"
#include "scas_options.h"
#include "scas_voms.h"
#include "x509_party.h"

#include "../glexec/text.h"

#include <lcmaps/lcmaps_cred_data.h>
#include <lcmaps/lcmaps_log.h>

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "lcmaps_scas_client"

static struct scas_options options;

/* Everybody that a question is about, and the texts of it. */
struct people {
    struct x509_party subject, pilot, asker;
    char *chain, *pilot_chain;
    char host[HOST_NAME_MAX + 1];
    struct https https;
    struct saml_question question;
    struct granted granted;
    const char *permitted_at;
};

int plugin_initialize(int argc, char **argv)
{
    char why[WHY_SIZE] = "";

    return scas_options_take(&options, argc, argv, why, sizeof why) ? LCMAPS_MOD_SUCCESS : module_unusable(NAME, why);
}

int plugin_introspect(int *argc, lcmaps_argument_t **argv)
{
    return scas_voms_introspect(argc, argv);
}

static void describe(struct saml_party *told, const struct x509_party *party, const char *chain)
{
    *told = (struct saml_party){party->dn, party->issuer, party->serial, party->not_before, party->not_after, chain};
}

/* The pilot, when there is one. A proxy that cannot be read is none; whether one is needed is decided by who asks. */
static void describe_pilot(struct people *people)
{
    const char *path = getenv("X509_USER_PROXY");

    people->pilot_chain = path == NULL ? NULL : module_pem_of_file(path);
    if (people->pilot_chain != NULL && x509_party_of_text(&people->pilot, people->pilot_chain) == NULL)
        describe(&people->question.pilot, &people->pilot, people->pilot_chain);
    if (options.https.certificate[0] == '\0' && path != NULL &&
        !text_print(people->https.certificate, sizeof people->https.certificate, "%s", path))
        people->https.certificate[0] = '\0';
}

/* The user as LCMAPS has verified him. NULL, or what is wrong. */
static const char *describe_user(struct people *people, int argc, lcmaps_argument_t *argv)
{
    STACK_OF(X509) *chain = module_chain(argc, argv);
    const char *problem = chain == NULL ? "LCMAPS has no certificate of the user" : x509_party_of(&people->subject, chain);

    if (problem != NULL)
        return problem;
    if (options.only_names) {
        people->question.subject.dn = people->subject.dn;
        return NULL;
    }
    people->chain = module_pem(chain);
    if (people->chain == NULL)
        return "the user's certificates cannot be written down";
    describe(&people->question.subject, &people->subject, people->chain);
    return NULL;
}

/* The site may say whose the key has to be. We are the user that we are, and read it as that. */
static bool owned(const struct https *https, struct finding *finding)
{
    const char *key = https->key[0] != '\0' ? https->key : https->certificate;
    char room[16384];
    struct passwd entry, *owner = NULL;
    struct stat file;

    if (options.owner[0] == '\0')
        return true;
    if (getpwnam_r(options.owner, &entry, room, sizeof room, &owner) != 0 || owner == NULL)
        return find(finding, RULING_UNTRUSTED, "--cert-owner %s is nobody on this node", options.owner);
    if (stat(key, &file) != 0)
        return find(finding, RULING_UNTRUSTED, "the key %s cannot be looked at", key);
    if (file.st_uid != owner->pw_uid)
        return find(finding, RULING_UNTRUSTED, "the key %s does not belong to %s", key, options.owner);
    return true;
}

/* With whose certificate the connection is made: the pilot's, or the one that lcmaps.db names, and then it is the node's. */
static bool describe_asker(struct people *people, struct finding *finding)
{
    const char *path = people->https.certificate, *problem;
    char *chain;

    if (path[0] == '\0')
        return find(finding, RULING_UNTRUSTED, "there is no certificate to ask with: no -cert, and no pilot's proxy");
    if (!owned(&people->https, finding))
        return false;
    chain = module_pem_of_file(path);
    problem = chain == NULL ? "there is no certificate in it that can be read" : x509_party_of_text(&people->asker, chain);
    free(chain);
    if (problem != NULL)
        return find(finding, RULING_UNTRUSTED, "%s, to ask with: %s", path, problem);
    people->question.asker = people->asker.dn;
    if (options.https.certificate[0] != '\0')
        people->question.host_dn = people->asker.dn;
    return true;
}

static void ask(void *context, const char *url, struct finding *finding)
{
    struct people *people = context;

    scas_call(&people->https, url, &people->question, &people->granted, finding);
    people->permitted_at = url;
}

static void tell(void *context, const struct finding *finding)
{
    (void)context;
    (void)lcmaps_log(LOG_WARNING, "%s: %s: %s; it is asked again, or the next one\n", NAME, ruling_reason(finding->ruling),
                     finding->why);
}

/* A line that sites know and have tools for. */
static void say_permitted(const struct people *people)
{
    const struct saml_voms *voms = &people->question.voms;
    char dn[1024], fqan[512];

    text_escape(dn, sizeof dn, people->subject.dn);
    text_escape(fqan, sizeof fqan, voms->count > 0 ? voms->fqans[0] : "(none)");
    (void)lcmaps_log(LOG_INFO, "lcmaps_plugin_scas_client-plugin_run(): User \"%s\" with first FQAN \"%s\" Permitted at endpoint \"%s\"\n",
                     dn, fqan, people->permitted_at);
}

/* The attributes that the server's decision rests on, for the record, where no other plugin has told them. */
static void tell_attributes(const struct saml_voms *voms)
{
    int count = 0;

    if (getCredentialData(LCMAPS_VO_CRED_STRING, &count) != NULL && count > 0)
        return;
    for (size_t i = 0; i < voms->count; i++)
        (void)addCredentialData(LCMAPS_VO_CRED_STRING, (void *)&voms->fqans[i]);
}

static int ask_about(struct people *people, int argc, lcmaps_argument_t *argv)
{
    struct finding finding = {0};
    const char *problem = describe_user(people, argc, argv);

    if (problem == NULL)
        problem = scas_voms_take(&people->question.voms, argc, argv);
    if (problem != NULL) {
        (void)find(&finding, RULING_CREDENTIAL, "%s", problem);
        return module_refuses(NAME, &finding);
    }
    describe_pilot(people);
    if (!describe_asker(people, &finding))
        return module_refuses(NAME, &finding);
    if (gethostname(people->host, sizeof people->host - 1) == 0)
        people->question.host = people->host;
    people->question.resource = options.resource;
    people->question.action = options.action;
    endpoints_ask(&options.endpoints, ask, tell, people, &finding);
    if (finding.ruling != RULING_PERMIT)
        return module_refuses(NAME, &finding);
    say_permitted(people);
    tell_attributes(&people->question.voms);
    return module_grants(NAME, &people->granted, people->permitted_at);
}

int plugin_run(int argc, lcmaps_argument_t *argv)
{
    struct people people = {.https = options.https};
    int done = ask_about(&people, argc, argv);

    x509_party_free(&people.subject);
    x509_party_free(&people.pilot);
    x509_party_free(&people.asker);
    free(people.chain);
    free(people.pilot_chain);
    return done;
}

int plugin_verify(int argc, lcmaps_argument_t *argv)
{
    return plugin_run(argc, argv);
}

int plugin_terminate(void)
{
    return LCMAPS_MOD_SUCCESS;
}
