"""Credentials that prove nothing, or not what they say, shown to the switch by a pilot that may call it."""

from testbed.model.attack import Attack, Stage, Threat

CREDENTIAL = (
    Threat(
        Attack.WRONG_KIND_OF_PROXY,
        "A42",
        Stage.CREDENTIAL,
        "show a proxy that its kind forbids: limited, RFC 3820 and legacy mixed, too deep, of a name that is not its "
        "owner's, a pilot's word for a user",
        "-BBBB",
        "RFC 3820; lcmaps_verify_proxy.mod(8), for legacy ones too. Limited ones are tried where a site refuses them; "
        "with --allow-limited-proxy, as our examples have it, they are taken on purpose, as full ones of either form "
        "are. A pilot's sub-proxy is the pilot, nobody else, where no module is told to believe it (observed)",
        proved_in=None,
    ),
    Threat(
        Attack.SPOILT_CREDENTIAL,
        "A43",
        Stage.CREDENTIAL,
        "show a credential that does not verify: out of its time, revoked, of an unknown authority, without its key or "
        "its chain, with another's certificate",
        "-BBBB",
        "EGI-SVG-2015-8580: the switch looks where some pilots do not; verify-proxy (observed), but for a missing key "
        "(Nikhef wiki) and another's certificate (our choice), which the switch refuses itself",
        proved_in=None,
    ),
    Threat(
        Attack.SPOILT_ATTRIBUTES,
        "A43",
        Stage.CREDENTIAL,
        "show a good proxy whose VOMS attributes are absent, expired, another's or by an impostor",
        "-BBBB",
        "LCMAPS goes on without attributes that do not verify (observed), and the site maps nobody who has none",
        proved_in=None,
    ),
    Threat(
        Attack.SHARED_PROXY_FILE,
        "A44",
        Stage.CREDENTIAL,
        "show a good proxy in a file that is not the caller's alone: of another account, open to others, linked, "
        "opened, linked or replaced while it is read",
        "-BBBB",
        "Nikhef wiki, Exit codes of gLExec: 201 for owner and mode; links and changes: our choice. The switch reads as "
        "its caller, set-id too, so what another account keeps for itself it cannot even open (observed). In log-only "
        "a payload's copy belongs to the caller, whose proxies all are",
        proved_in=None,
    ),
    Threat(
        Attack.ODD_PROXY_FILE,
        "A44",
        Stage.CREDENTIAL,
        "show a credential that is no file, no whole one or one without end, and see whether the switch hangs: pipe, "
        "device, folder, huge, empty, cut while it is read",
        "-BBBB",
        "Nikhef wiki, Exit codes of gLExec: 201; that it is refused unread, in bounded time, is our choice",
        proved_in=None,
    ),
)
