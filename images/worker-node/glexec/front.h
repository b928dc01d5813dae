/* linger = yes: what stays while the payload runs. Two processes, for two duties that no one process can have.
 *
 * The front is what the caller started: it becomes the caller for good, so that he may signal, stop and kill it as any other
 * child of his. The keeper is its child: nobody but root can touch it; it does all the work, has the payload for a child,
 * writes every record and clears up, also when the front is killed. Over a socket the front says the numbers of
 * signals; where the payload stops or goes on, the keeper lets the front do the same, so that no word of it can come too late. */
#ifndef FRONT_H
#define FRONT_H

#include <stdbool.h>

struct run;

/* Leaves the front behind, which ends with the keeper's code, and goes on as the keeper: from here on all lines of the call
 * are one process's, in the words of the log daemon as well. With linger = no there is no front. */
int front_leave(struct run *run);

/* SIGSTOP or SIGCONT for the front, and for nobody who has its number after it. */
void front_signal(const struct run *run, int number);

/* Whether nobody is there any more who could be told how the call ends. */
bool front_is_gone(const struct run *run);

/* What can be passed on: not what the kernel alone handles, nor what tells of faults of the receiver's own. */
extern const int passed_on[];
extern const unsigned passed_on_count;

#endif
