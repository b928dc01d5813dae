/* Removal of what a stranger has piled up in a folder, while the stranger may still be at it. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stdint.h>

/* Empties an open folder, which root alone can enter and which stays. Needs root.
 *
 * No symbolic link is followed and no mount is crossed. Each folder is taken from its owner before it is read, so that
 * nothing new comes into it; its sub-folders are moved up into `folder`, so that neither depth nor a path's length
 * matters and no more than five descriptors are needed. Takes at most `seconds`.
 * False when something stays; `error` is then the errno of the first thing that did, ETIMEDOUT for want of time. */
bool sweep(int folder, uint32_t seconds, int *error);

#endif
