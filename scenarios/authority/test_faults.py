"""Whatever is wrong with the authority, the switch runs nothing on its account, says why, and says so in time.

What each fault comes to, and which source says so: testbed/model/consequence.py.
"""

from testbed.plugin import matrix

EVERYWHERE = {"mode": "log-only setuid", "authority": "argus scas gums"}
"""Each fault with each authority, in the one mode or the other: both in ``-m slow``."""


@matrix(
    **EVERYWHERE,
    pairs=True,
    fault="refused hang-before-accept hang-after-accept hang-in-tls hang-in-body dribble reset half-close",
)
def test_a_connection_that_breaks_or_hangs_is_no_yes(switch, broken_world, documented, within):
    """203, SCAS not running (Nikhef wiki, Exit codes of gLExec); one limit for a whole call (libcurl); causes: ours."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(
    **EVERYWHERE,
    pairs=True,
    fault="status-204 status-302 status-401 status-404 status-500 status-503 queue-full empty html truncated oversized",
)
def test_a_response_that_is_no_answer_is_no_yes(switch, broken_world, documented, within):
    """Only 200 with a whole answer counts (Argus client, observed; the rest and the causes are ours)."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(
    **EVERYWHERE,
    pairs=True,
    fault="wrong-class decision-as-text decision-out-of-range status-null no-obligation raw-obligation "
    "unknown-obligation duplicate-obligation obligations-under-deny saml-failure no-xsi-type two-assertions "
    "entity-bomb cyrillic-echo arabic-echo indeterminate not-applicable deny flaky",
)
def test_only_a_whole_and_well_formed_permit_is_a_yes(switch, broken_world, documented, within):
    """Our choice, where the old clients were observed to take other answers for a yes, or to crash."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(
    **EVERYWHERE,
    pairs=True,
    fault="account-unknown account-root account-minus-one account-overflow account-shortened secondary-group-unknown "
    "service-pool-exhausted",
)
def test_only_an_account_that_the_node_has_for_users_is_taken(switch, broken_world, documented, within):
    """The mapped account is missing in passwd: 203 (Nikhef wiki, Exit codes of gLExec); root and -1: our choice."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(
    **EVERYWHERE,
    pairs=True,
    fault="tls-expired tls-not-yet-valid tls-wrong-name tls-unknown-ca tls-self-signed tls-old-protocol "
    "tls-client-refused crl-stale crl-missing",
)
def test_only_a_service_that_is_believed_is_asked(switch, broken_world, documented, within):
    """Chain, name and revocation are checked (RFC 5280, RFC 6125; the Argus client, observed); the causes are ours."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(**EVERYWHERE, pairs=True, fault="syn-dropped answers-dropped link-down name-unknown name-slow")
def test_a_network_that_loses_everything_is_waited_for_no_longer_than_documented(
    switch, broken_world, documented, within
):
    """203, cable unplugged (Nikhef wiki, Exit codes of gLExec); one limit for names and all (libcurl); causes: ours."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within


@matrix(**EVERYWHERE, pairs=True, fault="first-down first-denies first-slow split-brain")
def test_an_error_goes_to_the_next_endpoint_and_a_decision_does_not(switch, broken_world, documented, within):
    """c-pep: the endpoints in their order; SCAS client: who is banned fails at once, an error goes to the next."""
    effect = switch.tries()
    assert effect == documented
    assert effect.seconds <= within
