/* Step 9: the payload's own copy of the proxy, written by the account that it is for. */
#ifndef TARGET_PROXY_H
#define TARGET_PROXY_H

struct run;

/* Writes it to GLEXEC_TARGET_PROXY, by default /tmp/x509up_u<uid>.glexec.<number>; /dev/null asks for none. It is made anew
 * under another name, mode 0600, and renamed into place: no link is followed and nobody sees half of it. 201 when the
 * place is not writable for the account. */
int target_proxy_write(struct run *run);

/* Takes the copy away again, when the payload is not run after all. */
void target_proxy_withdraw(struct run *run);

#endif
