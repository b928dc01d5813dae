"""Whom a certificate chain proves: trust anchors, revocation lists, proxies, VOMS attributes; nothing is believed."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509 as asn1
from cryptography import x509
from OpenSSL import crypto

from testbed.authority import attributes, proxies
from testbed.authority.attributes import Attributes, Unusable
from testbed.authority.face import Untrusted
from testbed.authority.oneline import one_line
from testbed.authority.party import Party
from testbed.authority.pem import MAX_CERTIFICATES
from testbed.authority.trust import Trust

LARGEST = 64 * 1024
"""Bytes of a whole chain: it is remembered with its owner. One with VOMS attributes has 5 to 20 thousand."""
REMEMBERED = 1024
"""Chains of which the result is kept, for `KEPT` seconds; no longer than everything in them is valid."""
KEPT = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one chain."""

    party: Party | None
    why: str
    """Why nobody, where nobody."""
    until: float
    """Monotonic seconds until which it may be taken as found."""
    ignored: tuple[str, ...] = ()
    """Attributes that did not count, and why."""


class Chains:
    """A `Verify` with a memory. As LCMAPS does (observed), bad attributes are left out and the rest still counts.

    ``clock`` is for another time than the machine's, which OpenSSL reads itself.
    """

    def __init__(self, trust: Trust, clock: Callable[[], datetime] | None = None) -> None:
        self._trust = trust
        self._clock = clock
        self._found: OrderedDict[bytes, Finding] = OrderedDict()
        self._version = 0

    def __call__(self, chain: Sequence[bytes]) -> Party:
        """Who presents this chain (DER, the first one presented first). Raises `Untrusted`."""
        found = self.find(chain)
        if found.party is None:
            raise Untrusted(found.why)
        return found.party

    def find(self, chain: Sequence[bytes]) -> Finding:
        """The same, with what was left out; remembered."""
        if self._trust.glance() != self._version:
            self.forget()
            self._version = self._trust.version
        key = hashlib.sha256(b"".join(len(one).to_bytes(4) + one for one in chain)).digest()
        known = self._found.get(key)
        now = time.monotonic()
        if known is None or known.until <= now:
            try:
                known = self._look(chain, now)
            except Untrusted as error:
                known = Finding(None, str(error), now + KEPT / 10)
            except Exception as error:  # whatever the libraries make of hostile bytes: they prove nobody
                known = Finding(None, f"a chain that cannot be read: {error}", now + KEPT / 10)
            self._found[key] = known
            while len(self._found) > REMEMBERED:
                self._found.popitem(last=False)
        self._found.move_to_end(key)
        return known

    def forget(self) -> None:
        """Look at everything anew."""
        self._found.clear()

    def _look(self, chain: Sequence[bytes], now: float) -> Finding:
        certificates = _parsed(chain)
        clock = self._clock() if self._clock else datetime.now(UTC)
        first = 0
        while first + 1 < len(certificates) and proxies.is_old(certificates[first], certificates[first + 1]):
            proxies.check_old(certificates[first], certificates[first + 1], clock)
            first += 1
        if first and proxies.is_rfc(certificates[first]):
            raise Untrusted("a proxy of the old kind made of one of the RFC's, which may forbid it")
        verified = self._verified(certificates[first], certificates[first + 1 :], clock)
        owner = next((one for one in verified if not proxies.is_rfc(one)), None)
        if owner is None or proxies.is_authority(owner):
            raise Untrusted("a chain without an end entity")
        presented = [*certificates[:first], *verified[: verified.index(owner) + 1]]
        found, ignored = self._attributes(presented, owner, clock)
        ends = [one.not_valid_after_utc for one in presented] + [one.not_after for one in found]
        lasting = min(KEPT, max(0.0, (min(ends) - clock).total_seconds()))
        fqans = tuple(dict.fromkeys(fqan for one in found for fqan in one.fqans))
        party = Party(one_line(owner.subject), one_line(owner.issuer), fqans, True, tuple(chain))
        return Finding(party, "", now + lasting, ignored)

    def _verified(
        self, first: x509.Certificate, others: Sequence[x509.Certificate], clock: datetime
    ) -> list[x509.Certificate]:
        """The chain from the first one to a trust anchor, by OpenSSL. Raises `Untrusted`."""
        store = self._trust.store_at(clock) if self._clock else self._trust.store
        try:
            between = [crypto.X509.from_cryptography(one) for one in others]
            context = crypto.X509StoreContext(store, crypto.X509.from_cryptography(first), between)
            return [one.to_cryptography() for one in context.get_verified_chain()]
        except crypto.X509StoreContextError as error:
            subject = one_line(error.certificate.to_cryptography().subject) if error.certificate else ""
            raise Untrusted(f"{error}: {subject}") from error
        except (crypto.Error, ValueError) as error:
            raise Untrusted(f"a chain that OpenSSL cannot read: {error}") from error

    def _attributes(
        self, presented: Sequence[x509.Certificate], owner: x509.Certificate, clock: datetime
    ) -> tuple[list[Attributes], tuple[str, ...]]:
        """The attributes that count, of the proxy nearest to who presents it; why others do not."""
        found: list[Attributes] = []
        ignored: list[str] = []
        for certificate in presented:
            try:
                carried = attributes.carried(certificate)
            except Unusable as error:
                return found, (str(error),)
            for one in carried:
                try:
                    found.append(self._checked(attributes.read(one), owner, clock))
                except Unusable as error:
                    ignored.append(str(error))
            if carried:
                break
        return found, tuple(ignored)

    def _checked(self, said: Attributes, owner: x509.Certificate, clock: datetime) -> Attributes:
        """Attributes whose holder, time and signer are right. Raises `Unusable`."""
        issuer, serial = said.holder
        if serial != owner.serial_number or issuer != asn1.Name.load(owner.issuer.public_bytes()):
            raise Unusable("attributes of somebody else")
        if not said.not_before <= clock <= said.not_after:
            raise Unusable("attributes that are not valid now")
        try:
            signers = self._verified(said.signers[0], said.signers[1:], clock)
        except Untrusted as error:
            raise Unusable(f"attributes whose signer is not trusted: {error}") from error
        names = [one_line(signers[0].subject), *(one_line(one.issuer) for one in signers)]
        if not any(names[: len(chain)] == chain for chain in self._trust.servers(said.vo, said.host) if len(chain) > 1):
            raise Unusable(f"attributes whose signer may not speak for {said.vo}: {names[0]}")
        return said


def _parsed(chain: Sequence[bytes]) -> list[x509.Certificate]:
    if not chain:
        raise Untrusted("no certificates")
    if len(chain) > MAX_CERTIFICATES or sum(map(len, chain)) > LARGEST:
        raise Untrusted(f"a chain of more than {MAX_CERTIFICATES} certificates or {LARGEST} bytes")
    return [x509.load_der_x509_certificate(one) for one in chain]
