/* Which files a policy file names. Only as much of its grammar as that needs: strings in quotes, `path = `, comments. */
#ifndef POLICY_PATHS_H
#define POLICY_PATHS_H

#include <limits.h>
#include <stdbool.h>

enum named {
    NAMED_FILE,   /* a map file or ban file */
    NAMED_FOLDER, /* certificates, trust files, modules */
    NAMED_LEASES  /* the gridmapdir, which account glexec's group may write */
};

struct policy_path {
    enum named kind;
    char path[PATH_MAX];
};

struct policy_reader {
    const char *rest; /* starts at the text */
    bool quoted;
};

/* Moves to the next path. Relative paths are left out: LCMAPS finds them in places of its own. */
bool policy_path_next(struct policy_reader *reader, struct policy_path *found);

#endif
