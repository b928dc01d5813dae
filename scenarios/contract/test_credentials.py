"""What LCMAPS 1.6.6 says to each member of the zoo of bad credentials, and what comes of the call."""

from testbed.model.effect import refused
from testbed.pilot.revocations import published
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
DENIED = refused(203, "denied", "credential-refused")


def tried(switch, *members):
    return {member: switch.tries(proxy=switch.place(switch.zoo.pem(member))) for member in members}


@shows("R3")
@matrix(mode=EVERYWHERE)
def test_a_credential_that_does_not_verify_is_refused(switch):
    """LCMAPS fails on an invalid proxy: 203 (Nikhef wiki, Exit codes of gLExec; verify-proxy observed)."""
    members = ("not yet valid", "beyond its path length", "unknown authority, same name", "foreign issuer")
    members += ("wrong key", "garbage inside")
    assert tried(switch, *members) == dict.fromkeys(members, DENIED)


@shows("R3")
@matrix(mode=EVERYWHERE)
def test_nobody_is_whose_certificate_he_can_show(switch):
    """LCMAPS verifies the bearer's path and takes the last certificate in the file as the person (observed: 1.6.6 maps
    such a proxy to the other's account). Certificates are no secret, so the switch refuses such a file (our choice)."""
    members = ("another's certificate in front of its own", "another's certificate behind its own")
    assert tried(switch, *members) == dict.fromkeys(members, DENIED)


@matrix(mode=EVERYWHERE)
def test_an_expired_proxy_is_for_its_bearer_to_renew(switch):
    """203, as OSG's real log has it, although CERN's test wanted 201; the cause says whose turn it is (our choice)."""
    assert tried(switch, "expired") == {"expired": refused(203, "caller", "credential-expired")}


@matrix(mode=EVERYWHERE)
def test_a_chain_without_a_key_proves_nothing(switch):
    """Only callers on omission_private_key_white_list may hand in a chain without key (Nikhef wiki); for others 201."""
    assert tried(switch, "no key") == {"no key": refused(201, "caller", "credential-unusable")}
    with switch.configured(omission_private_key_white_list=switch.account.name):
        assert tried(switch, "no key") == {"no key": switch.runs()}


@shows("R3")
@matrix(mode=EVERYWHERE)
def test_attributes_that_do_not_verify_are_as_none_at_all(switch):
    """LCMAPS goes on without FQANs (observed); the example policies demand a VOMS group, so nobody is mapped."""
    members = ("no attributes", "expired attributes", "attributes of another", "attributes by an impostor")
    assert tried(switch, *members) == dict.fromkeys(members, refused(203, "denied", "not-mapped"))


@shows("R3")
@matrix(mode=EVERYWHERE)
def test_without_verification_attributes_of_anybodys_making_count(switch):
    """lcmaps_voms_verification = no reads them without looking at the signature (OSG's sites); ours say yes."""
    with switch.configured(lcmaps_voms_verification="no"):
        assert tried(switch, "attributes by an impostor") == {"attributes by an impostor": switch.runs()}


@matrix(mode=EVERYWHERE)
def test_a_persons_own_certificate_will_do_as_well(switch):
    """verify-proxy only warns that there is no proxy (observed); without attributes nobody is mapped."""
    effect = tried(switch, "no proxy")["no proxy"]
    assert effect == refused(203, "denied", "not-mapped")
    assert any("No proxy certificate in certificate stack" in line for line in switch.witness.log)


@matrix(mode=EVERYWHERE)
def test_a_limited_proxy_is_taken_where_the_site_says_so(switch, policy_with):
    """verify-proxy takes one by default; --disallow-limited-proxy, not an absent --allow..., refuses it (observed)."""
    assert tried(switch, "limited") == {"limited": switch.runs()}
    with policy_with("--allow-limited-proxy", ""):
        assert tried(switch, "limited") == {"limited": switch.runs()}
    with policy_with("--allow-limited-proxy", "--disallow-limited-proxy"):
        assert tried(switch, "limited", "good") == {"limited": DENIED, "good": switch.runs()}


@matrix(mode=EVERYWHERE)
def test_a_legacy_proxy_is_taken_like_any_other(switch):
    """verify-proxy knows GT2, GT3 and RFC 3820 ones (lcmaps_verify_proxy.mod(8)), but no chain of both (observed)."""
    assert tried(switch, "legacy") == {"legacy": switch.runs()}
    mixed = ("legacy, of an RFC 3820 one", "RFC 3820, of a legacy one")
    assert tried(switch, *mixed) == dict.fromkeys(mixed, DENIED)


@matrix(mode=EVERYWHERE)
def test_an_independent_proxy_is_taken_like_any_other(switch):
    """RFC 3820 gives it no right of its owner's; verify-proxy looks at the policy for limited ones only (observed)."""
    assert tried(switch, "independent") == {"independent": switch.runs()}


@matrix(mode=EVERYWHERE)
def test_how_long_a_proxy_may_live_is_for_the_site_to_say(switch, policy_with):
    """--max-proxy-level-ttl of verify-proxy; by default any length will do (observed)."""
    assert tried(switch, "too long lived") == {"too long lived": switch.runs()}
    with policy_with("--allow-limited-proxy", "--max-proxy-level-ttl=L 1d-00:00"):
        assert tried(switch, "too long lived", "good") == {"too long lived": DENIED, "good": switch.runs()}


@shows("R3", "R10")
@matrix(mode=EVERYWHERE)
def test_a_revoked_certificate_is_refused(switch, named):
    """It fails the verification (observed); some pilots never look, the switch does (SVG-2015-8580)."""
    with published(switch, named("-certdir"), switch.zoo.crl("revoked")):
        assert switch.tries() == DENIED
        assert switch.tries(user="bob") == switch.runs(user="bob")


@matrix(mode=EVERYWHERE)
def test_a_revocation_list_out_of_its_time_is_a_service_that_is_away(switch, named):
    """fetch-crl has not run: LCMAPS fails, 203 (observed); it is nothing that the user has done (our choice)."""
    seen = {}
    for kind in ("expired", "future"):
        with published(switch, named("-certdir"), switch.zoo.crl(kind)):
            seen[kind] = switch.tries()
    assert seen == dict.fromkeys(seen, refused(203, "unavailable", "crl-expired"))


@matrix(mode=EVERYWHERE)
def test_without_a_revocation_list_nobody_is_revoked(switch, named):
    """LCMAPS' verify-proxy does without a list where there is none (observed)."""
    with published(switch, named("-certdir"), None):
        assert switch.tries() == switch.runs()
