"""The command `testbed`: a dozen verbs, the same words as in code and docs."""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from testbed import __version__
from testbed.lab import demo
from testbed.lab.ban import CENTRAL, LOCAL, ban, closing
from testbed.lab.doctor.examination import examination
from testbed.lab.doctor.settings import explained
from testbed.lab.engine import Engine
from testbed.lab.images import ROOT
from testbed.lab.layout import WORKER_NODE
from testbed.lab.machine import command, engine
from testbed.lab.machine.phases import Say, phase
from testbed.lab.machine.ready import make_ready
from testbed.lab.run import gc
from testbed.lab.switch import brought, is_path
from testbed.model.cell import Cell, of
from testbed.model.mode import Mode
from testbed.model.problem import Problem, nearest
from testbed.pilot import counter, muster
from testbed.pilot.needs import Needs
from testbed.pilot.outputs import unpacked, wanted
from testbed.pilot.payload import Payload
from testbed.pilot.plan import Kind
from testbed.pilot.profiles.explained import Explained
from testbed.report.diff import diff
from testbed.report.results import Results
from testbed.site import ledger
from testbed.site.check import check
from testbed.site.choice import Choice
from testbed.site.finding import Severity
from testbed.site.load import examples, load_site
from testbed.site.starter import init


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb. 0: conforms or done, 1: deviates, 2: blocked, by the machine, the input, or the reader's Ctrl-C."""
    options = _parser().parse_args(arguments)
    verb: Callable[[argparse.Namespace], int] = options.verb
    try:
        return verb(options)
    except Problem as problem:
        print(f"testbed {options.name}: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print(f"\ntestbed {options.name}: interrupted; {INTERRUPTED.get(options.name, NOTHING_LEFT)}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2


def _doctor(options: argparse.Namespace) -> int:
    findings, settings = examination()
    if options.json:
        print(json.dumps({"findings": [finding.data for finding in findings], "settings": settings}, indent=2))
    else:
        for finding in findings:
            print(finding)
        print("kernel settings that change what is expected:")
        for line in explained(settings):
            print(line)
    return 0 if all(finding.good for finding in findings if finding.needed) else 2


def _up(options: argparse.Namespace) -> int:
    _make_ready(_say)
    with phase("site up", _say) as going:
        if demo.stands(Engine()):
            going.detail = f"still up: {DEMO}"
            if lost := demo.unshown(Engine(), *demo.NODES):
                _compose("up", "--detach", "--no-build", "--no-deps", demo.PROCESSES)
                going.detail = f"mended: {lost.partition(',')[0]}"
        else:
            _compose("up", "--detach", "--force-recreate", "--no-build")
            going.detail = f"docker compose up: {DEMO}"
    code = 0
    if options.tour:
        with phase("tour", _say) as going:
            code = _pytest(*MATRIX_ONLY, "--demo", str(ROOT / "scenarios" / "tour"))
            going.detail = ("conforms", "deviates", "blocked")[code]
    _where_to_look()
    return code


def _down(options: argparse.Namespace) -> int:
    _answering()
    _compose("down", "--volumes", "--timeout", "2")
    print("the demo site is down; images stay (docker image ls 'glexec-testbed/*')")
    return 0


def _run(options: argparse.Namespace) -> int:
    words = [f"--cell={Cell.parse(cell).id}" for cell in options.cells]
    words += [f"--mode={of('mode', mode)}" for mode in options.mode]
    if options.site:
        _checked(options.site)
        words.append(f"--site={options.site.absolute()}")
    words += _switch(options.switch, options.switch_name)
    ledger.read(options.known)
    words.append(f"--known={options.known.absolute()}")
    if options.results:
        words.append(f"--results={options.results.absolute()}")
    if options.k:
        words += ["-k", options.k]
    if len(os.sched_getaffinity(0)) > 1:
        words.append("--raids-ahead")
    _make_ready(_say)
    return _pytest(*MATRIX_ONLY, *words, *_scenarios())


def _switch(word: str | None, name: str) -> list[str]:
    """The words that hand a switch on, once it is seen to be one."""
    if word and not is_path(word):
        _answering()  # an image is an engine's
    if brought(word, name) is None or word is None:
        return []
    place = str(Path(word).expanduser().absolute()) if is_path(word) else word
    return [f"--switch={place}", *([f"--switch-name={name}"] if name else [])]


def _scenarios() -> list[str]:
    """Every folder of scenarios but the tour, which repeats some of them in a hurry."""
    return [
        str(folder) for folder in sorted((ROOT / "scenarios").iterdir()) if folder.is_dir() and folder.name != "tour"
    ]


def _checked(folder: Path) -> None:
    """Say what is doubtful in a site's files; stop at what is wrong."""
    findings = check(load_site(folder))
    for finding in findings:
        print(finding, file=sys.stderr)
    if wrong := sum(finding.severity is Severity.ERROR for finding in findings):
        raise Problem(
            f"the site has {wrong} mistake{'s' if wrong > 1 else ''}",
            where=str(folder),
            remedy="mend them; docs/site.md helps",
        )


def _list(options: argparse.Namespace) -> int:
    code = _pytest("--list-cells", "json" if options.json else "text", "-qq", *_scenarios())
    return 2 if code else 0  # a list deviates from nothing; its reader may have left


def _explain(options: argparse.Namespace) -> int:
    choice = Choice.of_folder(options.site) if options.site else Choice.of_examples()
    if options.answers:
        return _explain_answers(choice, json_wanted=options.json)
    cell = Cell.parse(options.cell)
    site, why_not = choice.site_for(cell.mode, cell.authority)
    if site is None:
        print(f"{cell.id}: not applicable\n  because:  {why_not}")
        return 0
    pool = choice.pool_for(site, cell.user)
    expectation = choice.expectation(cell, site)
    lines = {
        "site": f"{site.name}: maps {cell.user} to {f'pool {pool}' if pool else 'nobody'}, "
        f"question 4: {cell.on_internal_error or site.answers.on_internal_error}",
        "expected": str(expectation.outcome or "not applicable"),
        "rule": expectation.rule.name,
        "says": expectation.rule.says,
        "source": expectation.rule.source,
    }
    if expectation.ruling:
        lines["because"] = expectation.ruling.why
    if expectation.stopped_by:
        lines["because"] = f"the site has {', '.join(expectation.stopped_by)} in force"
    if options.json:
        print(json.dumps({"cell": cell.id, **lines}, indent=2))
    else:
        print(cell.id, *(f"  {name + ':':<9} {text}" for name, text in lines.items()), sep="\n")
    return 0


def _explain_answers(choice: Choice, *, json_wanted: bool) -> int:
    """Say what the answers of the sites come to; sites that answer alike are explained once."""
    found: dict[tuple[str, str], Explained] = {}
    for site in choice.sites:
        found.setdefault((str(site.installation), str(site.answers)), Explained.of(site))
    if json_wanted:
        print(json.dumps([explained.data for explained in found.values()], indent=2))
    else:
        print(*found.values(), sep="\n\n")
    return 0


def _shell(options: argparse.Namespace) -> int:
    known = {service.removeprefix(f"{WORKER_NODE}-"): service for service in demo.hosts()}
    if options.host not in known:
        near = nearest(options.host, known)
        raise Problem(
            f"no host of the demo is called {options.host!r}",
            expected="one of " + ", ".join(known),
            remedy=f"did you mean {near!r}?" if near else "",
        )
    _answering()
    terminal = ["-it"] if sys.stdin.isatty() else ["-i"]
    command = ["docker", "exec", *terminal, demo.container_name(known[options.host]), *(options.command or ["bash"])]
    os.execvp(command[0], command)  # noqa: S606 - the reader's own shell


def _ban(options: argparse.Namespace) -> int:
    _answering()
    with closing(tuple(demo.authorities(Engine()))) as hosts:
        for line in ban(hosts, options.who, options.pap, undo=options.name == "unban", now=options.now):
            print(line)
    return 0


def _queue(options: argparse.Namespace) -> int:
    payload = _payload(options) if options.act == "submit" else None
    _answering()
    engine = Engine()
    vo = counter.opened(engine)
    if payload:
        ident = vo.submit(payload)
        print(f"{ident} is in the queue: testbed queue show {ident}")
        if options.pilot:
            print(f"{counter.send(engine, vo, options.pilot, options.mode)} is sent to {options.pilot}")
    elif options.act == "cancel":
        vo.stop(options.payload)
        print(f"{options.payload}: taken back, or its pilot is told to end it")
    elif options.act == "ban":
        print(f"{vo.ban(options.who, options.why)} is banned: nothing more is handed out, what runs is to be ended")
    elif options.act == "unban":
        print(f"{vo.unban(options.who)} is banned no more")
    elif options.act == "bans":
        print(*counter.banned(vo, as_json=options.json), sep="\n")
    elif options.act == "show":
        print(*counter.shown(vo, options.payload, as_json=options.json), sep="\n")
        if options.output:
            names = unpacked(vo.outputs(options.payload), options.output)
            said = f"outputs in {options.output}: {', '.join(names)}" if names else "no outputs were brought back"
            print(said, file=sys.stderr if options.json else sys.stdout)
    else:
        print(*counter.listed(vo, waiting=options.waiting, as_json=options.json), sep="\n")
    return 0


def _payload(options: argparse.Namespace) -> Payload:
    """What is to be submitted, looked at as the VO would, before anybody is asked for anything."""
    if options.pilot:
        counter.place(options.pilot)
    payload = Payload(
        options.user,
        counter.words(options.command),
        limit=options.seconds,
        roles=tuple(options.role),
        priority=options.priority,
        needs=Needs(options.memory, of("mode", options.mode) if options.mode else ""),
        attempts=options.attempts,
        sandbox=counter.files(options.sandbox) if options.sandbox else b"",
        outputs=wanted(options.output),
    )
    return Payload.parse(payload.json())


def _compare(options: argparse.Namespace) -> int:
    """Kinds of job beside each other; only then is the time it takes to load what breaks things well spent."""
    from testbed.faults.circumstances import CIRCUMSTANCES
    from testbed.pilot.contest import Contest
    from testbed.pilot.kinds_table import shown

    chosen = {name: CIRCUMSTANCES[name] for name in options.circumstance or CIRCUMSTANCES}
    contest = Contest(chosen, options.kind, options.payloads, options.nodes).checked()
    say = _say_aside if options.json else _say
    _make_ready(say)
    print(*shown(contest.held(say), contest, as_json=options.json), sep="\n")
    return 0


def _fleet(options: argparse.Namespace) -> int:
    if options.act == "compare":
        return _compare(options)
    _answering()
    engine = Engine()
    vo = counter.opened(engine)
    if options.act == "start":
        plan = muster.plan(
            engine,
            options.node,
            name=options.fleet,
            mode=of("mode", options.mode) if options.mode else "",
            each=options.each,
            slots=options.slots,
            seconds=options.seconds,
            memory=options.memory,
            role=options.role,
            first=options.pause,
            kind=Kind(options.kind),
            proxy=options.proxy,
        )
        vo.start_fleet(plan)
        print(f"{plan.name} is kept on {', '.join(str(node['name']) for node in plan.nodes)}: testbed fleet show")
    elif options.act == "stop":
        out = vo.stop_fleet(options.fleet, hang_up=options.now)
        ends = "are hung up on" if options.now else "end when nothing is left for them"
        print(f"{options.fleet} is stopped; {len(out)} pilots are out and {ends}")
    else:
        print(*muster.shown(vo, as_json=options.json), sep="\n")
    return 0


def _gc(options: argparse.Namespace) -> int:
    _answering()
    removed = gc(Engine())
    print("\n".join(removed) if removed else "nothing was left behind")
    return 0


def _init(options: argparse.Namespace) -> int:
    for path in init(options.directory, options.example):
        print(path)
    print(f"next: edit them, then testbed run --site {options.directory}")
    return 0


def _diff(options: argparse.Namespace) -> int:
    difference = diff(Results.read(options.old).rows, Results.read(options.new).rows)
    print(difference)
    return difference.exit_code


def _answering() -> str:
    """The address of an engine that answers, for ourselves and all that we start."""
    found = engine.look()
    if found is None:
        raise Problem("no container engine answers", remedy="testbed up")
    os.environ["DOCKER_HOST"] = found.address.url
    return found.version


def _make_ready(say: Say) -> None:
    """Engine, Compose and images: what worlds are made of."""
    os.environ["DOCKER_HOST"] = make_ready(say).address.url


def _say(line: str) -> None:
    print(line, flush=True)


def _say_aside(line: str) -> None:
    """Progress beside an output that a program reads."""
    print(line, file=sys.stderr, flush=True)


def _compose(*words: str) -> None:
    """Run docker compose on the project's own file; its last words when it fails."""
    command.run(["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), *words], limit=120)


def _pytest(*words: str) -> int:
    """Run scenarios in a pytest of their own; 0, 1, or 2 for everything that kept them from being judged.

    Ctrl-C is pytest's, which tidies up: we wait for it. It is held back until the plugin can take it. If we are killed,
    pytest is too, and its janitor does what is left to do.
    """
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: interrupts.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        argv = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "pytest", "-p", "testbed.plugin", *words]
        # Plugins that happen to be installed beside us take a third of the start, and scenarios know none of them.
        alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        with subprocess.Popen(argv, cwd=ROOT, env=alone) as scenarios:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            code = scenarios.wait()
    finally:
        # The first Ctrl-C has been taken: an impatient second one must not spoil the answer to it.
        signal.signal(signal.SIGINT, signal.SIG_IGN if interrupts else before)
    if interrupts:
        raise KeyboardInterrupt
    return code if code in (0, 1) else 2


def _where_to_look() -> None:
    folder = Path("results/latest")
    print(
        f"""
where to look next
  a shell on a worker node   .venv/bin/testbed shell setuid      (or log-only, argus, pilot, authority)
  the site's own log         .venv/bin/testbed shell setuid tail /var/log/glexec.log
  the report                 {folder}/matrix.html, evidence in {folder}/evidence
  ban somebody at Argus      .venv/bin/testbed ban "/DC=org/DC=testbed/O=People/CN=Bob Baker" --now
  every cell                 .venv/bin/testbed list, then .venv/bin/testbed explain CELL
  all scenarios              .venv/bin/testbed run
  stop                       .venv/bin/testbed down"""
    )


class _Parser(argparse.ArgumentParser):
    """Answers an unknown verb with the nearest one."""

    def error(self, message: str) -> NoReturn:
        if "invalid choice: " in message:
            wrong = message.split("invalid choice: ")[1].split("'")[1]
            if near := nearest(wrong, VERBS):
                message += f"; did you mean {near!r}?"
        super().error(message)


NOTHING_LEFT = "nothing of it is left behind (testbed gc makes sure)"
INTERRUPTED = {"up": "what is up of the demo site stays up: testbed down removes it, testbed up makes it anew"}
"""What an interrupt leaves behind, by verb."""

KNOWN = ROOT / ledger.SCENARIOS / "known.toml"
"""The ledger of known differences."""
DEMO = "three worker nodes, Argus and the VO"
MATRIX_ONLY = ("-qq", "-rN", "--tb=no", "--no-header")
"""A run as readers of the matrix want it: a dot a cell, then the matrix, which says all that failed."""

VERBS = (
    "doctor",
    "up",
    "down",
    "run",
    "list",
    "explain",
    "shell",
    "ban",
    "unban",
    "queue",
    "fleet",
    "gc",
    "init",
    "diff",
)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="testbed",
        description="See what a site's answers about multi-user pilot jobs cost.",
        epilog="Exit code 0: conforms, 1: deviates, 2: blocked.",
    )
    parser.add_argument("--version", action="version", version=f"testbed {__version__}")
    verbs = parser.add_subparsers(dest="name", metavar="VERB", required=True)

    def verb(name: str, does: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
        made.set_defaults(verb=does)
        return made

    made = verb("doctor", _doctor, "say what this machine can do, and what to do about what it cannot")
    made.add_argument("--json", action="store_true")
    made = verb("up", _up, "prepare the machine, build the images, bring the demo site up")
    made.add_argument("--tour", action="store_true", help="run the tour and show its matrix")
    verb("down", _down, "stop the demo site")
    made = verb("run", _run, "run the scenarios, or only some cells of them")
    made.add_argument("cells", nargs="*", metavar="CELL", help="ids of cells, see `testbed list`")
    made.add_argument("--site", type=Path, metavar="DIR", help="a site of your own, see `testbed init`")
    made.add_argument("--switch", metavar="PATH|IMAGE", help="hold this switch to the scenarios, not the reference")
    made.add_argument("--switch-name", metavar="NAME", default="", help="what reports and the ledger call it")
    made.add_argument("--known", type=Path, default=KNOWN, metavar="FILE", help="another ledger of known differences")
    made.add_argument("--mode", action="append", default=[], help="only cells of this mode (repeatable)")
    made.add_argument("--results", type=Path, metavar="DIR", help="where to keep results (default: results/TIME)")
    made.add_argument("-k", metavar="EXPRESSION", help="only scenarios that match, as in pytest")
    made = verb("list", _list, "list every cell of every scenario")
    made.add_argument("--json", action="store_true")
    made = verb("explain", _explain, "say what a cell is expected to do, and which document says so")
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("cell", nargs="?", metavar="CELL")
    what.add_argument("--answers", action="store_true", help="what the site's answers come to, and for which client")
    made.add_argument("--site", type=Path, metavar="DIR")
    made.add_argument("--json", action="store_true")
    made = verb("shell", _shell, "a shell, or one command, on a host of the demo site")
    made.add_argument(
        "host", nargs="?", default="setuid", help="setuid, log-only, argus, authority, authority-2, or pilot"
    )
    made.add_argument("command", nargs=argparse.REMAINDER)
    for name, text in (("ban", "ban somebody at the demo's Argus"), ("unban", "take a ban back")):
        made = verb(name, _ban, f"{text}, and say when that bites")
        made.add_argument("who", metavar="DN|FQAN|VO")
        pap = made.add_mutually_exclusive_group()
        local, central = "at the site's own PAP (the default)", "at the PAP whose policies the site's own one fetches"
        pap.add_argument("--local", dest="pap", action="store_const", const=LOCAL, default=LOCAL, help=local)
        pap.add_argument("--central", dest="pap", action="store_const", const=CENTRAL, help=central)
        made.add_argument("--now", action="store_true", help="then clear the caches that are between")
    made = verb("queue", _queue, "the task queue of the demo's VO: payloads, what became of them and why")
    acts = made.add_subparsers(dest="act", metavar="submit|list|show|cancel|ban|unban|bans", required=True)
    act = acts.add_parser("submit", help="put a payload in the queue")
    act.add_argument("--user", default="alice", help="whose: alice, alice-production, bob, carol, dave")
    act.add_argument(
        "--role", action="append", default=[], help="a role that the user's proxy has to have (repeatable)"
    )
    act.add_argument("--priority", type=int, default=0, help="-1000 to 1000, the highest goes first")
    act.add_argument("--memory", type=int, default=0, metavar="MIB", help="that it needs")
    act.add_argument("--seconds", type=float, default=30.0, help="that it may run")
    act.add_argument("--mode", default="", help="that its VO demands: " + ", ".join(Mode))
    act.add_argument("--attempts", type=int, default=counter.ATTEMPTS, help="how often it may be handed out")
    act.add_argument("--sandbox", type=Path, metavar="TAR|FOLDER", help="files that it finds where it starts")
    act.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="NAME",
        help="a file, folder or glob of what it leaves, to be brought back (repeatable)",
    )
    act.add_argument("--pilot", metavar="NODE", help="also send a pilot: to setuid, log-only or argus")
    act.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    act = acts.add_parser("list", help="the payloads, a line each")
    act.add_argument("--waiting", action="store_true", help="without those that are over")
    act.add_argument("--json", action="store_true")
    act = acts.add_parser("show", help="one payload: how it stands, its history, its pilot's account, its output")
    act.add_argument("payload", metavar="PAYLOAD")
    act.add_argument("--json", action="store_true")
    act.add_argument("--output", type=Path, metavar="DIR", help="also put there what was brought back")
    act = acts.add_parser("cancel", help="take a payload back, or have its pilot end it")
    act.add_argument("payload", metavar="PAYLOAD")
    act = acts.add_parser("ban", help="serve somebody no more, whatever a site says; what runs of that person is ended")
    act.add_argument("who", metavar="OWNER|DN")
    act.add_argument("--why", default="", metavar="TEXT", help="said to whoever asks for something of that person's")
    act = acts.add_parser("unban", help="serve somebody again")
    act.add_argument("who", metavar="OWNER|DN")
    act = acts.add_parser("bans", help="whom the VO serves no more")
    act.add_argument("--json", action="store_true")
    made = verb(
        "fleet", _fleet, "pilots that the demo's VO keeps on worker nodes as long as something waits in the queue"
    )
    acts = made.add_subparsers(dest="act", metavar="start|show|stop|compare", required=True)
    act = acts.add_parser("start", help="keep pilots of one class on worker nodes, fewer where payloads fail")
    act.add_argument("fleet", nargs="?", default=muster.USUAL, metavar="NAME", help="of the class (default: usual)")
    act.add_argument("--node", action="append", required=True, help="setuid, log-only or argus (repeatable)")
    kinds = "multi-user pilots, or what the node's gatekeeper starts: classic jobs, or single-user pilots"
    act.add_argument("--kind", default=Kind.MULTI_USER, choices=[str(kind) for kind in Kind], help=kinds)
    act.add_argument("--mode", default="", help="how payloads are kept apart: " + ", ".join(Mode))
    act.add_argument("--each", type=int, default=1, metavar="N", help="pilots on each node")
    act.add_argument("--slots", type=int, default=1, metavar="N", help="payloads that a pilot has at once")
    act.add_argument("--seconds", type=float, default=300.0, help="that a pilot may take: a short class, or a long one")
    act.add_argument("--memory", type=int, default=0, metavar="MIB", help="that it has for each payload")
    short = "that a pilot's own proxy lasts until it gets a new one; 0: as long as the VO's, which it has then"
    act.add_argument("--proxy", type=float, default=0.0, metavar="SECONDS", help=short)
    act.add_argument("--role", default="", help="only payloads of owners with this role")
    act.add_argument("--pause", type=float, metavar="SECONDS", help="of the first back-off; 0: never back off")
    act = acts.add_parser("show", help="every fleet, and what is thought of its nodes")
    act.add_argument("--json", action="store_true")
    act = acts.add_parser("stop", help="send no more pilots of a class")
    act.add_argument("fleet", nargs="?", default=muster.USUAL, metavar="NAME")
    act.add_argument("--now", action="store_true", help="hang up on those that are out")
    act = acts.add_parser(
        "compare", help="the same payloads by each kind of job, on worlds of their own: docs/kinds.md"
    )
    act.add_argument("--kind", action="append", default=[], help="only this one, as the table has it (repeatable)")
    bad = ("well", "bad-node", "banned-user")
    act.add_argument("--circumstance", action="append", default=[], choices=bad, help="only this one (repeatable)")
    act.add_argument("--payloads", type=int, default=40, metavar="N", help="of each workload (default: 40)")
    act.add_argument("--nodes", type=int, default=2, metavar="N", help="worker nodes (default: 2)")
    act.add_argument("--json", action="store_true")
    verb("gc", _gc, "remove what killed runs, or a killed engine, left behind")
    made = verb("init", _init, "start a site of your own from an example")
    made.add_argument("directory", type=Path, metavar="DIR")
    made.add_argument("--from", dest="example", default="setuid-gridmap", help="one of " + ", ".join(examples()))
    made = verb("diff", _diff, "compare the results of two runs")
    made.add_argument("old", type=Path, metavar="OLD")
    made.add_argument("new", type=Path, metavar="NEW")
    return parser


if __name__ == "__main__":
    sys.exit(main())
