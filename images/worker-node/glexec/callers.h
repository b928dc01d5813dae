/* Step 4: may this caller call? */
#ifndef CALLERS_H
#define CALLERS_H

#include <stdbool.h>

/* Whether a white list names this account: by name, as `.pool` (the pool's name and digits), or `*` for everybody. */
bool callers_listed(const char *white_list, const char *name);

struct run;

/* 203 when the caller is not on the white list or has no name in passwd. */
int callers_check(struct run *run);

#endif
