/* Descriptors put where a program that is about to run expects them. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stdbool.h>

/* Makes `to` mean what `from` means, over an exec as well. `from` stays open. */
bool descriptor_place(int from, int to);

/* Lets go of 0, 1 and 2: they are /dev/null from now on. Whoever waits for the end of the payload's output shall not wait for
 * ours. */
bool descriptors_let_go(void);

#endif
