#include "descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#if defined(__GNUC__) && __GNUC__ >= 13
/* The copy is meant to stay open: that is what the function is for. */
#pragma GCC diagnostic ignored "-Wanalyzer-fd-leak"
#endif

bool descriptor_place(int from, int to)
{
    /* dup2 onto itself would keep the close-on-exec flag. */
    return from == to ? fcntl(from, F_SETFD, 0) == 0 : dup2(from, to) == to;
}

bool descriptors_let_go(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool done = nothing >= 0;

    for (int number = 0; done && number <= 2; number++)
        done = descriptor_place(nothing, number);
    if (nothing > 2)
        close(nothing);
    return done;
}
