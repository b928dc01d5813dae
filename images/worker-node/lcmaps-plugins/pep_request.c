#include "pep_request.h"

#include "base64.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MODEL "org.glite.authz.common.model."
#define CORE "urn:oasis:names:tc:xacml:1.0:"
#define SCHEMA "http://www.w3.org/2001/XMLSchema#"
#define INTEROP "http://authz-interop.org/xacml/"
#define PIECE 0x7fff /* characters of one piece of a text, as in Argus' C client */

/* Bytes that grow; without memory for them everything that follows is in vain. */
struct bytes {
    unsigned char *data;
    size_t length, room;
    bool failed;
};

static void put(struct bytes *bytes, const void *data, size_t length)
{
    if (!bytes->failed && bytes->room - bytes->length < length) {
        size_t room = (bytes->length + length) * 2;
        unsigned char *longer = realloc(bytes->data, room);
        bytes->failed = longer == NULL;
        bytes->data = longer != NULL ? longer : bytes->data;
        bytes->room = longer != NULL ? room : bytes->room;
    }
    if (bytes->failed)
        return;
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

static void put_piece(struct bytes *bytes, char tag, const char *text, size_t length)
{
    unsigned char head[] = {(unsigned char)tag, (unsigned char)(length >> 8), (unsigned char)length};

    put(bytes, head, sizeof head);
    put(bytes, text, length);
}

/* ASCII only: a character is a byte. */
static void put_text(struct bytes *bytes, const char *text)
{
    size_t left = strlen(text);

    for (; left > PIECE; left -= PIECE, text += PIECE)
        put_piece(bytes, 's', text, PIECE);
    put_piece(bytes, 'S', text, left);
}

static void put_object(struct bytes *bytes, const char *class)
{
    put(bytes, "M", 1);
    put_piece(bytes, 't', class, strlen(class));
}

static void put_list(struct bytes *bytes, const char *field, unsigned char items)
{
    unsigned char head[] = {'V', 'l', 0, 0, 0, items};

    put_text(bytes, field);
    put(bytes, head, sizeof head);
}

/* Ends so many objects and lists. */
static void put_ends(struct bytes *bytes, size_t count)
{
    put(bytes, "zzzzzzzz", count);
}

/* One attribute with one value; the C client says no type of resource-id and action-id. */
static void put_attribute(struct bytes *bytes, const char *id, const char *type, const char *value)
{
    put_object(bytes, MODEL "Attribute");
    put_text(bytes, "id");
    put_text(bytes, id);
    if (type != NULL) {
        put_text(bytes, "dataType");
        put_text(bytes, type);
    }
    put_list(bytes, "values", 1);
    put_text(bytes, value);
    put_ends(bytes, 2);
}

static void put_subject(struct bytes *bytes, const struct pep_request *request)
{
    put_list(bytes, "subjects", 1);
    put_object(bytes, MODEL "Subject");
    put_list(bytes, "attributes", 2);
    put_attribute(bytes, INTEROP "subject/cert-chain", SCHEMA "base64Binary", request->subject);
    put_attribute(bytes, CORE "subject:key-info", SCHEMA "string", request->subject);
    put_ends(bytes, 3);
}

static void put_resource(struct bytes *bytes, const struct pep_request *request)
{
    put_list(bytes, "resources", 1);
    put_object(bytes, MODEL "Resource");
    put_list(bytes, "attributes", 2);
    put_attribute(bytes, CORE "resource:resource-id", NULL, request->resource);
    put_attribute(bytes, INTEROP "resource/dns-host-name", SCHEMA "string", request->host);
    put_ends(bytes, 3);
}

static void put_action(struct bytes *bytes, const struct pep_request *request)
{
    put_text(bytes, "action");
    put_object(bytes, MODEL "Action");
    put_list(bytes, "attributes", 1);
    put_attribute(bytes, CORE "action:action-id", NULL, request->action);
    put_ends(bytes, 2);
}

static void put_environment(struct bytes *bytes, const struct pep_request *request)
{
    put_text(bytes, "environment");
    put_object(bytes, MODEL "Environment");
    put_list(bytes, "attributes", request->pilot != NULL ? 2 : 1);
    if (request->pilot != NULL)
        put_attribute(bytes, INTEROP "environment/pilot-job/cert-chain", SCHEMA "base64Binary", request->pilot);
    put_attribute(bytes, "http://glite.org/xacml/attribute/profile-id", SCHEMA "anyURI", request->profile);
    put_ends(bytes, 2);
}

char *pep_request_write(const struct pep_request *request)
{
    struct bytes bytes = {0};
    char *text = NULL;

    put_object(&bytes, MODEL "Request");
    put_subject(&bytes, request);
    put_resource(&bytes, request);
    put_action(&bytes, request);
    put_environment(&bytes, request);
    put_ends(&bytes, 1);
    if (!bytes.failed)
        text = malloc(base64_size(bytes.length));
    if (text != NULL)
        base64_encode(text, bytes.data, bytes.length);
    free(bytes.data);
    return text;
}
