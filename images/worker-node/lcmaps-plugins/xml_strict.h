/* XML from a stranger, read so that it has one meaning only: no document type, no entities, no instructions, nothing that
 * is not expected, and no text but where text belongs. */
#ifndef XML_STRICT_H
#define XML_STRICT_H

#include <libxml/tree.h>

#include <stdbool.h>
#include <stddef.h>

#define XML_SIZE (256 * 1024) /* longer documents are refused unread; a real answer has some 4 kB */
#define XML_DEPTH 32          /* elements within elements; a real answer has 12 */
#define XML_ATTRIBUTES 64     /* of one element, and as many namespaces; a real answer has 13 of those */

/* An element that may be there once, and where to put it. */
struct xml_part {
    const char *space, *name;
    const xmlNode **place; /* NULL stays there if the element is missing */
};

/* The document in these bytes, or NULL and what is wrong. The caller frees it. Nothing is fetched, and nothing is printed. */
xmlDoc *xml_read(const char *text, size_t length, const char **problem);

/* Whether this is that element, by namespace and name. */
bool xml_is(const xmlNode *node, const char *space, const char *name);

/* Takes an element apart. False when it has another element in it, one of these twice, or text around them. */
bool xml_parts(const xmlNode *parent, const struct xml_part *parts, size_t count);

/* The elements in an element of which there may be many; `xml_parts` or `xml_only` says whether these are all. */
const xmlNode *xml_first(const xmlNode *parent);
const xmlNode *xml_next(const xmlNode *node);

/* Whether there is nothing in it but elements of this name. */
bool xml_only(const xmlNode *parent, const char *space, const char *name);

/* The text of an element that has nothing else in it, not even a comment; or NULL. It lives as long as the document. */
const char *xml_value(const xmlNode *node);

/* The value of an attribute, or NULL. `space` is NULL for one without a namespace. */
const char *xml_attribute(const xmlNode *node, const char *space, const char *name);

/* Whether its xsi:type names this type, by whichever prefix is bound to the namespace there. */
bool xml_typed(const xmlNode *node, const char *space, const char *name);

#endif
