#include "scas_voms.h"

#include <lcmaps/lcmaps_types.h>

#include <openssl/x509.h>

#include <stdbool.h>
#include <string.h>

#define FQANS_MAX 128

/* LCMAPS 1.6.6 exports this for its own plugins and publishes no header for it: whether it checks who signed attributes. */
int lcmaps_is_set_to_verify_voms_attributes(void);

int scas_voms_introspect(int *argc, lcmaps_argument_t **argv)
{
    static lcmaps_argument_t wanted[] = {
        {"px509_chain", "STACK_OF(X509) *", 0, NULL}, {"nfqan", "int", 0, NULL}, {"fqan_list", "char **", 0, NULL},
        {"voms_data_list", "lcmaps_vomsdata_t *", 0, NULL}, {NULL, NULL, -1, NULL}};

    *argv = wanted;
    *argc = lcmaps_cntArgs(wanted);
    return LCMAPS_MOD_SUCCESS;
}

static void take_signer(struct saml_voms *voms, const lcmaps_vomsdata_t *data)
{
    const lcmaps_voms_t *first = data != NULL && data->nvoms > 0 ? data->voms : NULL;

    voms->vouched = SAML_UNVERIFIED;
    if (first == NULL)
        return;
    voms->vo = first->voname;
    voms->signing_subject = first->voms_issuer_dn;
    voms->signing_issuer = first->voms_issuer_ca;
    if (voms->signing_subject != NULL && lcmaps_is_set_to_verify_voms_attributes() != 0)
        voms->vouched = voms->signing_subject;
}

const char *scas_voms_take(struct saml_voms *voms, int argc, lcmaps_argument_t *argv)
{
    const int *count = lcmaps_getArgValue("nfqan", "int", argc, argv);
    char ***list = lcmaps_getArgValue("fqan_list", "char **", argc, argv);
    lcmaps_vomsdata_t **data = lcmaps_getArgValue("voms_data_list", "lcmaps_vomsdata_t *", argc, argv);

    *voms = (struct saml_voms){.count = 0};
    if (count == NULL || *count <= 0)
        return NULL;
    if (*count > FQANS_MAX)
        return "the user has too many VOMS attributes";
    if (list == NULL || *list == NULL)
        return "LCMAPS does not say which VOMS attributes the user has";
    for (int i = 0; i < *count; i++)
        if ((*list)[i] == NULL)
            return "LCMAPS does not say which VOMS attributes the user has";
    voms->fqans = (const char *const *)*list;
    voms->count = (size_t)*count;
    take_signer(voms, data == NULL ? NULL : *data);
    return NULL;
}
