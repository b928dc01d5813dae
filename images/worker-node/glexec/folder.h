/* Step 10: where the payload starts. */
#ifndef FOLDER_H
#define FOLDER_H

struct run;

/* The home of the payload's account; where that cannot be entered the caller's folder; where that cannot be either, `/`. */
int folder_enter(struct run *run);

#endif
