/* Why LCMAPS refused, read from its own lines: its interface only says that it did. */
#ifndef REFUSAL_H
#define REFUSAL_H

/* One of the reasons of cause.c, or "" when nothing tells of one. The text is taken apart in place. Only what functions of
 * LCMAPS say at the beginning of a line counts: names in it are chosen by strangers. `said` is what a plugin of ours said, or
 * NULL: a policy may have gone on behind its failure, so that LCMAPS' lines count more, but for an alternative that did not
 * fit, and for trouble in it where the plugin had a definite no. */
const char *refusal_reason(char *log, const char *said);

#endif
