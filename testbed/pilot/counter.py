"""The queue of the running demo as people use it: `testbed queue submit|list|show|cancel|ban|unban|bans`."""

import io
import json
import stat
import tarfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from testbed.lab import demo
from testbed.lab.engine import Engine
from testbed.lab.layout import WORKER_NODE
from testbed.model.mode import Mode
from testbed.model.problem import Problem, nearest
from testbed.pilot import sandbox
from testbed.pilot.client import Vo
from testbed.pilot.order import Order
from testbed.pilot.told import told
from testbed.site.load import example

ATTEMPTS = 3
"""How often a payload of a person's is handed out, unless told otherwise."""
LONGEST = 60
"""Characters of a command in a list."""


def opened(engine: Engine) -> Vo:
    """The demo's VO, spoken to as its robot. Raises `Problem` where there is none."""
    container, grid = demo.vo_side(engine)
    proxy = grid.read(grid.bearer("pilot").file)
    return Vo(container.address, proxy=proxy, authorities=grid.read("authority/ca.cert.pem"))


def place(node: str) -> tuple[str, str]:
    """The site and the host of a worker node of the demo, called as in `testbed shell`."""
    known = {host.removeprefix(f"{WORKER_NODE}-"): (site, host) for site, host in demo.NODES.items()}
    if node not in known:
        near = nearest(node, known)
        raise Problem(
            "no worker node of the demo is called so",
            found=node,
            expected=", ".join(known),
            remedy=f"did you mean {near!r}?" if near else "",
        )
    return known[node]


def reached(engine: Engine, node: str) -> tuple[str, dict[str, str | int]]:
    """The site of a worker node of the demo, called as in `testbed shell`, and how the VO's factory reaches it."""
    site, host = place(node)
    address = engine.attach(demo.container_name(host), demo.NETWORK).address
    return site, {"name": host, "address": address, "account": example(site).pilot_accounts[0].name}


def send(engine: Engine, vo: Vo, node: str, mode: str) -> str:
    """Send a pilot to a worker node of the demo; its id."""
    site, at = reached(engine, node)
    usual = Mode.LOG_ONLY if node == "log-only" else Mode.SETUID
    has = example(site)
    return vo.start_pilot(Order.at(has.answers, Mode(mode or usual), node=at, container=has.containers))


def files(path: Path) -> bytes:
    """A payload's sandbox: a tar, or what is below a folder. A `Problem` before anything too large is read."""
    try:
        if path.is_dir():
            size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        elif (there := path.stat()) and stat.S_ISREG(there.st_mode):
            size = there.st_size
        else:
            raise Problem("a sandbox that cannot be read", where=str(path), expected="a tar, or a folder")
        if size > sandbox.LARGEST:
            found = f"{size} bytes"
            raise Problem(
                "a sandbox that is too large", where=str(path), found=found, expected=f"at most {sandbox.LARGEST}"
            )
        return sandbox.checked(_packed(path) if path.is_dir() else path.read_bytes())
    except OSError as error:
        raise Problem("a sandbox that cannot be read", where=str(path), cause=str(error)) from None


def listed(vo: Vo, *, waiting: bool, as_json: bool) -> Iterator[str]:
    """The payloads, a line each."""
    lines = vo.list(waiting=waiting)
    if as_json:
        yield json.dumps([line.json() for line in lines], indent=2)
        return
    yield f"{'payload':<12} {'state':<9} {'owner':<17} {'prio':>4} {'left':>4} {'pilot':<10} {'age':>7}  command"
    for line in lines:
        age, pilot = f"{time.time() - line.since:.0f} s", line.pilot or "-"
        yield (
            f"{line.ident:<12} {line.state:<9} {line.owner:<17} {line.priority:>4} {line.left:>4} "
            f"{pilot:<10} {age:>7}  {printable(line.command)[:LONGEST]}"
        )


def shown(vo: Vo, ident: str, *, as_json: bool) -> Iterator[str]:
    """A payload: what it is, how it stands, what happened to it, what it said."""
    payload, report, history = vo.history(ident)
    means = told(report, banned=any(payload.user in owners for owners in vo.bans().values()))
    if as_json:
        changes = [each.json() for each in history]
        whole = {"payload": payload.json(), "report": report.json(), "told": means, "history": changes}
        yield json.dumps(whole, indent=2)
        return
    yield f"{ident} of {payload.user}{f' ({payload.vo})' if payload.vo else ''}: {report.state}"
    yield f"  command:  {printable(' '.join(payload.argv))}"
    yield (
        f"  needs:    {payload.limit:g} s, memory {payload.needs.memory or 'any'}, mode {payload.needs.mode or 'any'}, "
        f"priority {payload.priority}, at most {payload.attempts} attempts"
    )
    if report.identity:
        apart = "apart from the pilot" if report.separated else "unseparated"
        yield f"  ran as:   {report.identity.user} ({report.identity.uid}) on {report.identity.host}, {apart}"
    yield f"  means:    {means}"
    if report.code is not None:
        yield f"  code:     {report.code}"
    if report.failure:
        yield f"  switch:   {report.failure}{f', the canary {report.canary}' if report.canary else ''}"
    yield from (f"  {printable(str(change))}" for change in history)
    if report.account:
        yield "  the pilot's account:"
        yield from (f"    {printable(line)}" for line in report.account.lines())
    for name, data in (("output", report.out), ("errors", report.err)):
        if data:
            yield f"  {name}:"
            yield from (f"    {printable(line)}" for line in data.decode(errors="replace").splitlines())


def banned(vo: Vo, *, as_json: bool) -> Iterator[str]:
    """Whom the VO serves no more, a line each."""
    bans = vo.bans()
    if as_json:
        yield json.dumps([{**ban.json(), "owners": list(owners)} for ban, owners in bans.items()], indent=2)
        return
    for ban, owners in bans.items():
        since = f"{datetime.fromtimestamp(ban.since, UTC):%Y-%m-%d %H:%M:%S}"
        yield printable(
            f"{since}  {ban.dn} ({', '.join(owners) or 'no owner of payloads'}): {ban.why or 'no reason said'}"
        )
    if not bans:
        yield "the VO has banned nobody"


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    return packed.getvalue()


def printable(text: str) -> str:
    """What a payload or a pilot says is not to command the reader's terminal."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def words(command: Sequence[str]) -> tuple[str, ...]:
    """The command of a payload; a `Problem` where there is none."""
    argv = tuple(command[1:] if command[:1] == ["--"] else command)
    if not argv:
        raise Problem("a payload needs a command", expected="testbed queue submit [options] -- COMMAND ...")
    return argv
