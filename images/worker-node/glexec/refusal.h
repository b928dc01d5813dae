/* Why LCMAPS refused, read from its own lines: its interface only says that it did. */
#ifndef REFUSAL_H
#define REFUSAL_H

/* One of the reasons of cause.c, or "" when the log tells of none. The text is taken apart in place. Only what functions of
 * LCMAPS say at the beginning of a line counts: names in it are chosen by strangers. */
const char *refusal_reason(char *log);

#endif
