/* Descriptors put where a program that is about to run expects them. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include <stdbool.h>

/* Makes `to` mean what `from` means, over an exec as well. `from` stays open. */
bool descriptor_place(int from, int to);

#endif
