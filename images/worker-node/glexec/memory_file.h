/* Files that exist in memory only: handed to a child as descriptors, nothing of them ever lies on a disk. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include <stddef.h>

struct identity;

/* A file with this content, which nobody can change any more; read from its beginning. It belongs to `owner` alone (NULL:
 * to whoever makes it). The descriptor, or -1. */
int memory_file(const char *name, const char *content, size_t length, const struct identity *owner);

/* An empty one to be written to by `owner`. The descriptor, or -1. */
int memory_file_empty(const char *name, const struct identity *owner);

#endif
