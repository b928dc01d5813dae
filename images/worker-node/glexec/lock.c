#include "lock.h"

#include "config.h"
#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int take(int file, uint32_t mechanism, bool alone)
{
    struct flock whole = {.l_type = alone ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};

    return mechanism == LOCK_FLOCK ? flock(file, alone ? LOCK_EX : LOCK_SH) : fcntl(file, F_SETLKW, &whole);
}

static const char *lock(int file, uint32_t mechanism, uint32_t seconds, bool alone)
{
    struct patience patience;
    const char *problem = NULL;

    if (mechanism == LOCK_DISABLED)
        return NULL;
    if (!patience_begin(&patience, seconds))
        return "the time limit for its lock cannot be set";
    if (take(file, mechanism, alone) != 0)
        problem = errno == EINTR ? "is locked by somebody else for too long" : strerror(errno);
    patience_end(&patience);
    return problem;
}

const char *lock_for_reading(int file, uint32_t mechanism, uint32_t seconds)
{
    return lock(file, mechanism, seconds, false);
}

const char *lock_for_writing(int file, uint32_t mechanism, uint32_t seconds)
{
    return lock(file, mechanism, seconds, true);
}
