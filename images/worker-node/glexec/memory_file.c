#include "memory_file.h"

#include "identity.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool write_all(int file, const char *content, size_t length)
{
    size_t written = 0;

    while (written < length) {
        ssize_t count = write(file, content + written, length - written);
        if (count <= 0)
            return false;
        written += (size_t)count;
    }
    return true;
}

int memory_file_empty(const char *name, const struct identity *owner)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    /* Some readers of proxies look at owner and mode, in memory as elsewhere. */
    if (file < 0 || (fchmod(file, 0600) == 0 && (owner == NULL || fchown(file, owner->uid, owner->gid) == 0)))
        return file;
    close(file);
    return -1;
}

int memory_file(const char *name, const char *content, size_t length, const struct identity *owner)
{
    int file = memory_file_empty(name, owner);

    if (file < 0)
        return -1;
    if (write_all(file, content, length) && lseek(file, 0, SEEK_SET) == 0 && fcntl(file, F_ADD_SEALS, SEALED) == 0)
        return file;
    close(file);
    return -1;
}
