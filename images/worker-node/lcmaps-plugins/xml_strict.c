#include "xml_strict.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <string.h>

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)
#define INSTANCE "http://www.w3.org/2001/XMLSchema-instance"

static void stop(void *parser, const char *problem)
{
    xmlParserCtxt *context = parser;
    const char **said = context->_private;

    if (*said == NULL)
        *said = problem;
    xmlStopParser(context);
}

/* Called at <!DOCTYPE, before anything of it has been declared. */
static void at_document_type(void *parser, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    stop(parser, "has a document type, which SOAP forbids");
}

static void at_instruction(void *parser, const xmlChar *target, const xmlChar *data)
{
    (void)target;
    (void)data;
    stop(parser, "has a processing instruction, which SOAP forbids");
}

static void at_element(void *parser, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int spaces,
                       const xmlChar **declared, int attributes, int defaulted, const xmlChar **values)
{
    if (((xmlParserCtxt *)parser)->nodeNr >= XML_DEPTH)
        stop(parser, "is nested too deeply");
    else if (attributes > XML_ATTRIBUTES || spaces > XML_ATTRIBUTES)
        stop(parser, "has an element with too many attributes");
    else
        xmlSAX2StartElementNs(parser, name, prefix, space, spaces, declared, attributes, defaulted, values);
}

static bool same(const xmlChar *text, const char *other)
{
    return text != NULL && strcmp((const char *)text, other) == 0;
}

static const char *what_is_wrong(const xmlParserCtxt *context, const xmlDoc *document)
{
    if (document == NULL || !context->wellFormed || !context->nsWellFormed || xmlDocGetRootElement(document) == NULL)
        return "is not well-formed";
    if (document->encoding != NULL && xmlStrcasecmp(document->encoding, (const xmlChar *)"UTF-8") != 0)
        return "is not in UTF-8";
    return NULL;
}

xmlDoc *xml_read(const char *text, size_t length, const char **problem)
{
    xmlParserCtxt *context;
    xmlDoc *document;

    *problem = NULL;
    if (length == 0)
        *problem = "is empty";
    else if (length > XML_SIZE)
        *problem = "is too long";
    else if (memchr(text, '\0', length) != NULL)
        *problem = "is not in UTF-8"; /* in which nothing of XML has a NUL */
    if (*problem != NULL)
        return NULL;
    context = xmlNewParserCtxt();
    if (context == NULL) {
        *problem = "cannot be read, there is no memory";
        return NULL;
    }
    context->_private = problem;
    context->sax->internalSubset = at_document_type;
    context->sax->processingInstruction = at_instruction;
    context->sax->startElementNs = at_element;
    document = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL, OPTIONS);
    if (*problem == NULL)
        *problem = what_is_wrong(context, document);
    if (*problem != NULL) {
        xmlFreeDoc(document);
        document = NULL;
    }
    xmlFreeParserCtxt(context);
    return document;
}

bool xml_is(const xmlNode *node, const char *space, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && node->ns != NULL && same(node->ns->href, space) &&
           same(node->name, name);
}

/* Blanks and comments may stand between elements. */
static bool harmless(const xmlNode *node)
{
    return node->type == XML_COMMENT_NODE || (node->type == XML_TEXT_NODE && xmlIsBlankNode(node) == 1);
}

static bool take(const xmlNode *node, const struct xml_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (xml_is(node, parts[i].space, parts[i].name)) {
            if (*parts[i].place != NULL)
                return false;
            *parts[i].place = node;
            return true;
        }
    return false;
}

bool xml_parts(const xmlNode *parent, const struct xml_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *parts[i].place = NULL;
    for (const xmlNode *node = parent->children; node != NULL; node = node->next)
        if (!harmless(node) && !take(node, parts, count))
            return false;
    return true;
}

static const xmlNode *element_from(const xmlNode *node)
{
    while (node != NULL && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

const xmlNode *xml_first(const xmlNode *parent)
{
    return element_from(parent->children);
}

const xmlNode *xml_next(const xmlNode *node)
{
    return element_from(node->next);
}

bool xml_only(const xmlNode *parent, const char *space, const char *name)
{
    for (const xmlNode *node = parent->children; node != NULL; node = node->next)
        if (!harmless(node) && !xml_is(node, space, name))
            return false;
    return true;
}

/* What is in an element or attribute when that is one text, or nothing. */
static const char *one_text(const xmlNode *content)
{
    if (content == NULL)
        return "";
    if (content->type != XML_TEXT_NODE || content->next != NULL)
        return NULL;
    return content->content == NULL ? "" : (const char *)content->content;
}

const char *xml_value(const xmlNode *node)
{
    return one_text(node->children);
}

const char *xml_attribute(const xmlNode *node, const char *space, const char *name)
{
    for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
        bool there = space == NULL ? attribute->ns == NULL : attribute->ns != NULL && same(attribute->ns->href, space);
        if (there && same(attribute->name, name))
            return one_text(attribute->children);
    }
    return NULL;
}

bool xml_typed(const xmlNode *node, const char *space, const char *name)
{
    const char *type = xml_attribute(node, INSTANCE, "type"), *colon = type == NULL ? NULL : strchr(type, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - type);
    char prefix[64];
    xmlNs *bound;

    if (type == NULL || length >= sizeof prefix || colon == type)
        return false;
    memcpy(prefix, type, length);
    prefix[length] = '\0';
    bound = xmlSearchNs(node->doc, (xmlNode *)node, colon == NULL ? NULL : (const xmlChar *)prefix);
    return bound != NULL && same(bound->href, space) && strcmp(colon == NULL ? type : colon + 1, name) == 0;
}
