/* The names that SCAS, GUMS and their clients use: SAML 2.0's XACML 2.0 profile over SOAP 1.1, and the attributes of the grids'
 * authorisation interoperability profile (OGF GFD.205). Observed with the Globus library, where vectors of it exist. */
#ifndef SAML_NAMES_H
#define SAML_NAMES_H

#define SOAP_SPACE "http://schemas.xmlsoap.org/soap/envelope/"
#define SAML_SPACE "urn:oasis:names:tc:SAML:2.0:assertion"
#define SAMLP_SPACE "urn:oasis:names:tc:SAML:2.0:protocol"
#define CONTEXT_SPACE "urn:oasis:names:tc:xacml:2.0:context:schema:os"
#define POLICY_SPACE "urn:oasis:names:tc:xacml:2.0:policy:schema:os"
#define QUERY_SPACE "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:protocol"
#define STATEMENT_SPACE "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:assertion"
#define STATEMENT_TYPE "XACMLAuthzDecisionStatementType"

#define SAML_VERSION "2.0"
#define SAML_SUCCESS "urn:oasis:names:tc:SAML:2.0:status:Success"
#define XACML_OK "urn:oasis:names:tc:xacml:1.0:status:ok"
#define GUMS_OK "http://oasis/names/tc/xacml/1.0/status/ok" /* read in the source of GUMS: it has its own names for them */
#define GUMS_ERROR "http://oasis/names/tc/xacml/1.0/status/error"

#define XSD "http://www.w3.org/2001/XMLSchema#"
#define XSD_STRING XSD "string"
#define XSD_INTEGER XSD "integer"
#define XSD_DATE_TIME XSD "dateTime"
#define XSD_BASE64 XSD "base64Binary"

#define INTEROP "http://authz-interop.org/xacml/"
#define OBLIGATION_UIDGID INTEROP "obligation/uidgid"
#define OBLIGATION_SECONDARY_GIDS INTEROP "obligation/secondary-gids"
#define OBLIGATION_USERNAME INTEROP "obligation/username"
#define OBLIGATION_ACCOUNT INTEROP "obligation/account" /* of later GUMS servers only */
#define ATTRIBUTE_UID INTEROP "attribute/posix-uid"
#define ATTRIBUTE_GID INTEROP "attribute/posix-gid"
#define ATTRIBUTE_USERNAME INTEROP "attribute/username"
#define ATTRIBUTE_PRIMARY_GROUP INTEROP "attribute/primary-groupname"
#define ATTRIBUTE_SECONDARY_GROUP INTEROP "attribute/secondary-groupname"

#endif
