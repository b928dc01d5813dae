/* linger = yes: what stays while the payload runs. Two processes, for two duties that no one process can have.
 *
 * The front is what the caller started: it has become the caller for good, so that he may signal, stop and kill it as any
 * other child of his. The keeper is its child: nobody but root can touch it; it has the payload for a child, writes the
 * closing record and clears up, also when the front is killed. They talk over one socket: the front says the numbers of
 * signals, the keeper says when the payload has stopped. */
#ifndef LINGER_H
#define LINGER_H

struct run;

/* Forks the front off. It does not return there: that process ends with the keeper's code. In the keeper it returns the exit
 * code of the switch: the payload's, 204 for 201..204 of the payload, 128+n when signal n ended it. */
int linger(struct run *run);

/* What can be passed on: not what the kernel alone handles, nor what tells of faults of the receiver's own. */
extern const int passed_on[];
extern const unsigned passed_on_count;

#endif
