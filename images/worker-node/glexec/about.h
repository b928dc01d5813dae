/* `glexec -v` and `glexec -V`: what this program is. */
#ifndef ABOUT_H
#define ABOUT_H

struct run;

/* Answers a call whose only argument is -v (the version) or -V (also what was settled at compile time), and ends it.
 * No configuration is read, nothing is run and nobody becomes anybody. */
int about_tell(struct run *run);

#endif
