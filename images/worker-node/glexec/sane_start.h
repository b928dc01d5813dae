/* Step 1: nothing that the caller set up before the call can lead the switch astray. */
#ifndef SANE_START_H
#define SANE_START_H

#include "run.h"

/* Leaves exactly descriptors 0-2 open, default signals, no file mode mask surprises and an empty environment.
 * 202 when the process cannot be brought into that state; 201 when there is not even an argv[0]. */
step sane_start;

#endif
