"""The decision core: one question in, one answer out, whatever protocol it came by."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from testbed.authority import bans
from testbed.authority.accounts import Accounts
from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.caches import Lifetimes, Responses
from testbed.authority.habits import HABITS, Habit
from testbed.authority.language import parse
from testbed.authority.leases import Corrupt, PoolExhausted
from testbed.authority.mapping import Mapper, NotMapped
from testbed.authority.paps import LOCAL, Paps
from testbed.authority.policy import Kind, Policy
from testbed.authority.question import Question
from testbed.authority.rulebook import Ruling
from testbed.model.problem import Problem, nearest


class Service:
    """Decides by a policy and maps by map files. May be used by several threads.

    ``clock`` tells seconds that only ever grow; tests give their own.
    """

    def __init__(
        self,
        policies: Mapping[str, Policy],
        mapper: Mapper | None = None,
        accounts: Accounts | None = None,
        lifetimes: Lifetimes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._mapper = mapper
        self._accounts = accounts or Accounts({}, {})
        self._start = lifetimes or Lifetimes()
        self._lifetimes = self._start
        self._paps = Paps(policies, self._start, clock())
        self._responses = Responses(self._start.pepd)
        self._lock = threading.Lock()

    def decide(self, question: Question) -> Answer:
        """May they? Never fails: what goes wrong is an Indeterminate with its reason.

        Blocks where another process wants the same pool account, for at most a second.
        """
        habit = HABITS[question.face]
        key = _key(question)
        with self._lock:
            now = self._clock()
            remembered = self._responses.get(key, now) if habit.copies else None
            if remembered is not None:
                return remembered
            generation = self._responses.generation
            rules = self._paps.seen(now) if habit.copies else self._paps.direct
        ruling = rules.ruling(question.subject, question.resource, None if habit.any_action else question.action)
        answer = self._answer(question, ruling, habit)
        if habit.copies:
            with self._lock:
                self._responses.put(key, answer, now, generation)
        return answer

    def ban(self, kind: str, value: str, pap: str = LOCAL) -> None:
        """``pap-admin ban``: nothing at all for this subject, FQAN, VO ... as soon as the PDP has seen it."""
        self._change(pap, lambda policy: bans.ban(policy, _kind(kind), value))

    def unban(self, kind: str, value: str, pap: str = LOCAL) -> None:
        """``pap-admin un-ban``; a `Problem` where there is no such ban."""
        self._change(pap, lambda policy: bans.unban(policy, _kind(kind), value))

    def set_policy(self, pap: str, text: str) -> None:
        """Another policy for a PAP, in the policy language."""
        policy = parse(text, pap)
        self._change(pap, lambda _: policy)

    def policies(self) -> dict[str, str]:
        """What each PAP holds, as ``pap-admin list-policies`` prints it."""
        with self._lock:
            return {name: str(policy) for name, policy in self._paps.policies.items()}

    def refresh(self) -> None:
        """``pap-admin refresh-cache``: the site's PAP looks at the central one."""
        with self._lock:
            self._paps.refresh(self._clock())

    def reload(self) -> None:
        """``pdpctl reloadPolicy``: the PDP asks the site's PAP."""
        with self._lock:
            self._paps.reload(self._clock())

    def clear(self) -> None:
        """``pepdctl clearResponseCache``: the PEP daemon forgets its responses."""
        with self._lock:
            self._responses.clear()

    def lifetimes(self) -> Lifetimes:
        """How long the caches keep what they have."""
        return self._lifetimes

    def set_lifetimes(
        self, pap_poll: float | None = None, pdp_retention: float | None = None, pepd: float | None = None
    ) -> None:
        """Other lifetimes, in seconds, counted from now; None leaves one as it is."""
        given = {"pap_poll": pap_poll, "pdp_retention": pdp_retention, "pepd": pepd}
        changes = {name: seconds for name, seconds in given.items() if seconds is not None}
        for name, seconds in changes.items():
            if not 0 <= seconds < float("inf"):
                raise Problem("this is no lifetime", where=name, found=str(seconds), expected="seconds, 0 or more")
        with self._lock:
            self._lifetimes = replace(self._lifetimes, **changes)
            self._responses.lifetime = self._lifetimes.pepd
            if set(changes) - {"pepd"}:
                self._paps.set_lifetimes(self._lifetimes, self._clock())

    def reset(self) -> None:
        """Policies, lifetimes and leases as at the start, nothing remembered."""
        with self._lock:
            self._lifetimes = self._start
            self._paps.reset(self._start, self._clock())
            self._responses.clear()
            self._responses.lifetime = self._start.pepd
        if self._mapper is not None and self._mapper.pool is not None:
            self._mapper.pool.reset()

    def _change(self, pap: str, change: Callable[[Policy], Policy]) -> None:
        with self._lock:
            self._paps.change(pap, change, self._clock())

    def _answer(self, question: Question, ruling: Ruling, habit: Habit) -> Answer:
        answer = Answer(ruling.decision, mapping=ruling.mapping, reason=ruling.reason, message=ruling.message)
        if ruling.decision is not Decision.PERMIT or not (ruling.mapping or habit.maps_always):
            return answer
        answer = replace(answer, mapping=True)
        if habit.chain_needed and not question.subject.chain:
            return replace(answer, message=f"{answer.message}; not mapped: no certificate chain of the subject")
        if self._mapper is None and not habit.maps_always:
            return replace(answer, message=f"{answer.message}; not mapped: the service has no grid-mapfile")
        try:
            return replace(answer, account=self._account(question, habit))
        except NotMapped as error:
            return Answer(habit.unmapped, reason="not-mapped", message=str(error))
        except PoolExhausted as error:
            return Answer(Decision.INDETERMINATE, reason="pool-exhausted", message=str(error))
        except (Corrupt, OSError) as error:
            return Answer(Decision.INDETERMINATE, reason="broken", message=str(error))

    def _account(self, question: Question, habit: Habit) -> Account:
        if self._mapper is None:
            raise NotMapped("the service has no grid-mapfile")
        mapped = self._mapper.map(question.subject)
        group = mapped.group or (self._accounts.own_group(mapped.user) if habit.own_group else "")
        account = self._accounts.numbered(mapped.user, group, mapped.groups)
        lacking = self._accounts.lacking(account) if habit.numbers else ""
        if lacking:
            raise Corrupt(f"{question.subject.dn} is mapped to {mapped.user}, and passwd and group know {lacking}")
        return account


def _key(question: Question) -> Hashable:
    """What the PEP daemon takes for the same request: all of it, so a new proxy is a new request."""
    return (question.subject, question.resource, question.action, question.pilot, question.host, question.profile)


def _kind(word: str) -> Kind:
    if word not in list(Kind):
        meant = nearest(word, list(Kind))
        raise Problem(
            "nobody can be banned by this",
            found=word,
            expected=f"one of {', '.join(Kind)}",
            remedy=meant and f"say {meant}",
        )
    return Kind(word)
