/* The shape of PEM text: whole blocks, and of which kinds. What is in them is for LCMAPS to judge. */
#ifndef PEM_H
#define PEM_H

struct pem {
    unsigned certificates;
    unsigned keys;
};

/* Counts the blocks. NULL, or what is wrong: a block that breaks off, ends as another kind, or holds what is no base64.
 * Lines between the blocks are remarks, as in other readers of PEM. */
const char *pem_look(const char *text, struct pem *pem);

#endif
