"""What a module that asks a service makes of every way in which a connection can go, with real LCMAPS on a worker node.

The services stand on the node itself (`stand.py`) and do what a case says. The testbed's own service, and its faults,
are what the scenarios are about; this is about the client's side of TLS and HTTP.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed.credentials import name as names
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity
from testbed.credentials.service import Unbelievable
from testbed.lab.layout import WORKER_NODE
from testbed.lab.session import Lab
from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder
from testbed.site.load import example
from tests.lcmaps_plugins import pep

FOLDER = "/root/stand"
ENDPOINT = f"https://{WORKER_NODE}:8154/authz"
SECOND = f"https://{WORKER_NODE}:8155/authz"
LIMIT = 1
"""Seconds for one endpoint, where a case says nothing else."""
ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"

Deed = dict[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call of LCMAPS: what it answered, and what the services saw."""

    code: int
    answer: str
    log: str
    seconds: float
    seen: Sequence[Sequence[Mapping[str, str]]]

    @property
    def cause(self) -> str:
        """The word of the cause; "" where there was an account."""
        words = dict(line.partition(" ")[::2] for line in self.answer.splitlines())
        return words.get("cause", "")


class Stand:
    """A worker node on which cases are played."""

    def __init__(self, world: LeasedWorld) -> None:
        self._world = world
        self.uid, self.gid, self.account = self._somebody()

    def _somebody(self) -> tuple[int, int, tuple[str, str]]:
        script = "getent passwd alpha001; getent group alpha"
        user, group = self._world.node.run(["sh", "-c", script], limit=5).text.splitlines()
        return int(user.split(":")[2]), int(group.split(":")[2]), (user.split(":")[0], group.split(":")[0])

    @property
    def mapped(self) -> str:
        """What LCMAPS answers when it was told of `account`."""
        return f"dn {ALICE}\nfqan /alpha/Role=NULL/Capability=NULL\nuid {self.uid}\npgid {self.gid}\nend\n"

    def put(self, *entries: Entry) -> None:
        """Lays files over the node."""
        self._world.node.put(entries, limit=10)

    def remove(self, path: Path) -> None:
        """Takes one file away."""
        self._world.node.run(["rm", "-f", str(path)], limit=5)

    def permit(self, **deed: object) -> Deed:
        """A service that grants the account, and looks at who asks."""
        user, group = self.account
        return says(pep.response(obligations=[pep.obligation(pep.account(user, group, [group]))]), **deed)

    def play(
        self, *services: Deed, options: Sequence[str] = (), endpoints: Sequence[str] = (ENDPOINT,), **other: object
    ) -> Outcome:
        """One case: one call of LCMAPS while these services stand."""
        words = [f"--pep-daemon-endpoint-url {url}" for url in endpoints] + [f"--timeout {LIMIT}", *options]
        case = {
            "module": "lcmaps_c_pep.mod",
            "credential": f"{FOLDER}/alice.pem",
            "environment": {"X509_USER_PROXY": f"{FOLDER}/pilot.pem"},
            "services": list(services),
            "options": words,
        }
        done = self._world.node.run(
            ["python3", f"{FOLDER}/stand.py"], stdin=json.dumps([case | other]).encode(), limit=60
        )
        assert done.code == 0, done.err.decode()
        (outcome,) = json.loads(done.out)
        return Outcome(**outcome)


def says(answer: bytes, **deed: object) -> Deed:
    """A service that gives this answer, and wants to know who asks."""
    body = base64.b64encode(base64.b64encode(answer)).decode()
    return {"way": "answers", "body": body, "trusts": "authority"} | deed


@pytest.fixture(scope="module")
def authority(lab: Lab) -> Authority:
    """The authority of the test grid."""
    key = load_pem_private_key(lab.grid.read("authority/ca.key.pem"), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Authority(Identity(x509.load_pem_x509_certificate(lab.grid.read("authority/ca.cert.pem")), key))


@pytest.fixture(scope="module")
def stand(lab: Lab, authority: Authority) -> Iterator[Stand]:
    """A node with what the services need to show, and what the clients have."""
    grid, ca = lab.grid, lab.grid.read("authority/ca.cert.pem")
    host = grid.read(f"hosts/{WORKER_NODE}/hostcert.pem") + grid.read(f"hosts/{WORKER_NODE}/hostkey.pem")
    files = {"host": host, "authority": ca, "stranger": Authority.new().identity.certificate_pem}
    files |= {name: grid.read(f"proxies/{name}.pem") for name in ("alice", "pilot")}
    files |= Unbelievable(authority).pems(WORKER_NODE)
    script = Entry(f"{FOLDER}/stand.py", Path(__file__).with_name("stand.py").read_bytes())
    with lab.pool.lease(example("setuid-gridmap")) as world:
        stand = Stand(world)
        stand.put(folder(FOLDER), script, *(Entry(f"{FOLDER}/{name}.pem", pem, 0o600) for name, pem in files.items()))
        yield stand


def test_the_pilot_asks_with_its_proxy_and_gets_the_account(stand: Stand, lab: Lab) -> None:
    outcome = stand.play(stand.permit())
    assert (outcome.code, outcome.answer) == (0, stand.mapped)
    ((request,),) = outcome.seen
    proxy = x509.load_pem_x509_certificate(lab.grid.read("proxies/pilot.pem"))
    shown = x509.load_der_x509_certificate(base64.b64decode(request["peer"]))
    assert (shown, request["tls"]) == (proxy, "TLSv1.3")
    head = request["head"].splitlines()
    assert head[0] == "POST /authz HTTP/1.1"
    assert not any(line.lower().startswith(("expect:", "accept-encoding:")) for line in head)


def test_no_private_key_is_sent(stand: Stand, lab: Lab) -> None:
    ((request,),) = stand.play(stand.permit()).seen
    sent = base64.b64decode(request["body"].replace("\r\n", ""))
    assert sent.count(b"BEGIN CERTIFICATE") >= 6, "the user's chain twice, the pilot's once"
    assert b"PRIVATE KEY" not in sent
    for proxy in ("alice", "pilot"):
        lines = lab.grid.read(f"proxies/{proxy}.pem").split(b"PRIVATE KEY-----\n")[1].splitlines()[:-1]
        assert not any(line in sent for line in lines)


def test_tls_1_2_is_spoken_too(stand: Stand) -> None:
    assert stand.play(stand.permit(tls="1.2")).code == 0


@pytest.mark.parametrize(
    ("way", "cause"),
    [
        ("never-accepts", "service-silent"),
        ("silent", "service-silent"),
        ("reset-at-once", "service-unreachable"),
        ("no-tls", "service-unreachable"),
        ("closes", "service-unreachable"),
        ("resets-after-request", "service-unreachable"),
        ("closes-in-body", "service-broken"),
        ("resets-in-body", "service-broken"),
        ("stops-in-body", "service-silent"),
        ("dribbles", "service-silent"),
        ("never-ends", "service-broken"),
    ],
)
def test_a_connection_that_goes_wrong_has_its_own_word_and_ends_in_time(stand: Stand, way: str, cause: str) -> None:
    outcome = stand.play(stand.permit(way=way))
    assert (outcome.code, outcome.cause) == (11, cause), outcome.log
    assert outcome.seconds < LIMIT + 1


def test_nobody_listens_and_no_such_name(stand: Stand) -> None:
    assert stand.play().cause == "service-unreachable"
    assert stand.play(endpoints=["https://nowhere.invalid/authz"]).cause == "service-unreachable"


def test_a_name_server_that_does_not_answer_is_not_waited_for_beyond_the_limit(stand: Stand) -> None:
    """Nor when LCMAPS has ended meanwhile: the thread that waits for it must not take the process down."""
    outcome = stand.play(endpoints=["https://argus.example.org/authz"], names="silent")
    assert (outcome.code, outcome.cause) == (11, "service-unreachable"), outcome.log
    assert LIMIT <= outcome.seconds < LIMIT + 1


@pytest.mark.parametrize("status", [201, 204, 301, 302, 401, 404, 405, 500, 503])
def test_only_status_200_is_an_answer(stand: Stand, status: int) -> None:
    outcome = stand.play(stand.permit(status=status, headers={"Location": SECOND}), stand.permit(port=8155))
    assert (outcome.cause, len(outcome.seen[1])) == ("service-broken", 0)


def test_what_is_in_the_body_is_what_counts(stand: Stand) -> None:
    assert stand.play(says(b"")).cause == "service-broken"
    assert stand.play(says(b"<html></html>")).cause == "service-broken"
    assert stand.play(says(pep.vector(pep.DENY))).cause == "denied"
    assert stand.play(says(pep.response(pep.number(3)))).cause == "no-rule"
    assert stand.play(says(pep.response(pep.number(2)))).cause == "service-undecided"
    assert stand.play(says(pep.response())).cause == "account-missing"


def test_an_account_in_numbers_is_this_nodes_too(stand: Stand) -> None:
    profile = ["--profile authz-interop/1.1"]
    right = pep.numbers("uidgid", posix_uid=str(stand.uid), posix_gid=str(stand.gid))
    name, other = (pep.numbers("username", username=user) for user in (stand.account[0], "alpha002"))
    stranger = pep.numbers("uidgid", posix_uid="50999", posix_gid=str(stand.gid))
    root = pep.numbers("uidgid", posix_uid="0", posix_gid="0")
    assert stand.play(says(pep.response(obligations=[right, name])), options=profile).answer == stand.mapped
    for duties, cause in (
        ([right, other], "account-refused"),
        ([root], "account-refused"),
        ([stranger], "account-missing"),
    ):
        assert stand.play(says(pep.response(obligations=duties)), options=profile).cause == cause


@pytest.mark.parametrize("shows", ["expired", "not-yet-valid", "wrong-name", "unknown-ca", "self-signed"])
def test_a_service_that_cannot_be_believed_is_not_asked(stand: Stand, shows: str) -> None:
    outcome = stand.play(stand.permit(shows=shows))
    assert outcome.cause == "service-untrusted"
    assert not any("body" in event for event in outcome.seen[0])


def test_an_old_protocol_is_not_spoken(stand: Stand) -> None:
    assert stand.play(stand.permit(tls="1.1")).cause == "service-untrusted"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_service_that_does_not_believe_us_is_told_from_one_that_is_away(stand: Stand, tls: str) -> None:
    """Under TLS 1.3 it says so when the handshake is over for us (observed)."""
    assert stand.play(stand.permit(tls=tls, trusts="stranger")).cause == "service-untrusted"
    assert stand.play(stand.permit(tls=tls), options=["--pep-certificate-mode none"]).cause == "service-untrusted"


def test_unchecked_means_unchecked_and_says_so(stand: Stand) -> None:
    outcome = stand.play(stand.permit(shows="self-signed"), options=["--no-check-certificates"])
    assert outcome.code == 0
    assert "is not checked" in outcome.log


@pytest.fixture
def lists(stand: Stand, authority: Authority) -> Iterator[Path]:
    """A folder with the authority and no revocation list; put one in, or none."""
    place = Path(FOLDER, "certificates")
    digest = names.subject_hash(authority.identity.certificate.subject)
    stand.put(folder(str(place)), Entry(str(place / f"{digest}.0"), authority.identity.certificate_pem))
    yield place / f"{digest}.r0"
    stand.put(Entry(str(place / f"{digest}.r0"), authority.crl()))


def hours(number: int) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)


CHECKS = ("if-present", "yes", "no")


def causes(stand: Stand, place: Path) -> list[str]:
    """What comes of each way to check."""
    return [
        stand.play(stand.permit(), options=[f"--capath {place.parent}", f"--crl-check {word}"]).cause for word in CHECKS
    ]


def test_a_missing_list_is_for_the_site_to_judge(stand: Stand, lists: Path) -> None:
    stand.remove(lists)
    assert causes(stand, lists) == ["", "service-untrusted", ""]


def test_a_list_that_is_out_of_date_is_never_passed_over(stand: Stand, lists: Path, authority: Authority) -> None:
    now = Validity.lasting(hours(1)).not_before
    stand.put(Entry(str(lists), authority.crl(validity=Validity(now - hours(3), now - hours(1)))))
    assert causes(stand, lists) == ["service-untrusted", "service-untrusted", ""]


def test_a_service_that_is_revoked_is_not_believed(stand: Stand, lists: Path, authority: Authority, lab: Lab) -> None:
    own = x509.load_pem_x509_certificate(lab.grid.read(f"hosts/{WORKER_NODE}/hostcert.pem"))
    stand.put(Entry(str(lists), authority.crl([own.serial_number])))
    assert causes(stand, lists) == ["service-untrusted", "service-untrusted", ""]


def test_the_environment_has_no_say(stand: Stand) -> None:
    """A pilot cannot name another way out, or whom we believe."""
    proxies = dict.fromkeys(("https_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    pilot = f"{FOLDER}/pilot.pem"
    environment = {
        "X509_USER_PROXY": pilot,
        "SSL_CERT_FILE": f"{FOLDER}/unknown-ca.pem",
        "SSL_CERT_DIR": FOLDER,
    } | proxies
    assert stand.play(stand.permit(), environment=environment).code == 0
    assert stand.play(stand.permit(shows="unknown-ca"), environment=environment).cause == "service-untrusted"


def test_the_next_endpoint_is_asked_after_trouble_and_not_after_a_deny(stand: Stand) -> None:
    both = [ENDPOINT, SECOND]
    assert stand.play({"way": "silent"}, stand.permit(port=8155), endpoints=both).code == 0
    assert stand.play({"way": "silent", "port": 8155}, endpoints=both).cause == "service-silent"
    outcome = stand.play(says(pep.vector(pep.DENY)), stand.permit(port=8155), endpoints=both)
    assert (outcome.cause, len(outcome.seen[1])) == ("denied", 0)


def test_two_silent_endpoints_take_two_limits_and_no_more(stand: Stand) -> None:
    outcome = stand.play({"way": "silent"}, {"way": "silent", "port": 8155}, endpoints=[ENDPOINT, SECOND])
    assert 2 * LIMIT <= outcome.seconds < 2 * LIMIT + 1


def test_an_option_that_is_not_understood_keeps_lcmaps_from_starting(stand: Stand) -> None:
    assert stand.play(options=["--nonsense"]).code == 10
    assert stand.play(options=["--endpoint http://plain.example.org/authz"]).code == 10
