"""How a step of a payload's life is reached, and held until the blow has fallen."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from testbed.lab.layout import NODE
from testbed.model.death import Step, Victim
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.kill.ground import Ground
from testbed.pilot.node_files import NodeFiles
from testbed.site.layout import SWITCH

AGENT = f"{NODE}/agent/__main__.py"
SERVICE = 8154
"""Where a switch asks an Argus."""
IDENTITY = "/usr/bin/id"
"""What the start handshake calls; without a switch nothing else is called before the payload."""
DOOR = """\
printf '#!/bin/sh\\n: >{0}/called\\nwhile [ ! -e {0}/open ]; do /usr/bin/sleep 0.02; done\\nexec %s "$@"\\n' "$2" >"$1"
chown root:root "$1"
chmod 755 "$1"
"""
"""In the place of what is called first: it waits for a word, and becomes that then."""
PIPE = 'mkfifo -m 644 {0}/pipe && sed -i \'1i open("{0}/pipe").read()\' "$1"'
"""Before the first line of a program of Python's: it waits until somebody has opened the pipe, and closed it again."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A payload at a step."""

    payload: str
    pilot: str
    release: Callable[[], None]
    """Whoever was held goes on."""


@dataclass(frozen=True, slots=True)
class Way:
    """What the ways to the steps need."""

    ground: Ground
    files: NodeFiles
    patient: AbstractContextManager[None]
    """The site's modules wait long for an authority, within it."""
    attempts: int = 2
    """How often the payload may be handed out."""

    def reached(self, step: Step, victim: Victim) -> AbstractContextManager[Scene]:
        """The payload at this step, held there as long as the ``with`` lasts."""
        ways: dict[Step, Callable[[Victim], AbstractContextManager[Scene]]] = {
            Step.SENT: self._sent,
            Step.TAKEN: self._taken,
            Step.DECIDING: self._deciding,
            Step.BOOTING: self._booting,
            Step.STARTED: self._started,
            Step.RUNNING: self._running,
            Step.ENDED: self._ended,
            Step.CLEANING: self._cleaning,
        }
        return ways[step](victim)

    def _begun(self, does: str = "") -> tuple[str, str]:
        return self.ground.submit(does, self.attempts), self.ground.send()

    @contextlib.contextmanager
    def _sent(self, victim: Victim) -> Iterator[Scene]:
        """The first that the pilot job does is to wait at a pipe, before it has loaded anything of ours."""

        def release() -> None:
            self.ground.world.node.run(["sh", "-c", ': >"$1"', "sh", f"{self.ground.place}/pipe"], limit=2)

        with self.files.altered(AGENT, script=PIPE.format(self.ground.place)):
            payload, pilot = self._begun()
            self.ground.strike(f"agent={pilot}")
            yield Scene(payload, pilot, release)

    @contextlib.contextmanager
    def _taken(self, victim: Victim, does: str = "") -> Iterator[Scene]:
        """The switch waits at a door; where none is called the payload's shell does."""
        first = IDENTITY if self.ground.mode is Mode.NONE else SWITCH
        with self.files.altered(first, script=DOOR.format(self.ground.place)):
            payload, pilot = self._begun(does)
            self.ground.strike(f"path={self.ground.place}/called")
            yield Scene(payload, pilot, lambda: self.ground.mark("open"))

    @contextlib.contextmanager
    def _deciding(self, victim: Victim) -> Iterator[Scene]:
        """The authority takes the switch's connection, and says nothing."""
        hosts = self.ground.world.authorities

        def heal() -> None:
            # The last first: a switch goes on to it as soon as the one that it asks lets it go.
            for host in reversed(hosts) if victim is not Victim.AUTHORITY else ():
                host.control.heal()

        with self.patient:
            for host in hosts:
                host.control.break_with(Fault.HANG_AFTER_ACCEPT)
            payload, pilot = self._begun()
            self.ground.strike(f"keeper={pilot}", f"asks={SERVICE}")
            yield Scene(payload, pilot, heal)
            heal()

    @contextlib.contextmanager
    def _booting(self, victim: Victim) -> Iterator[Scene]:
        """The payload's machine is stopped as soon as it is there."""
        payload, pilot = self._begun()
        machine = self.ground.strike(f"machine={pilot}", "stop")

        def release() -> None:
            if victim in (Victim.AGENT, Victim.AUTHORITY):
                with contextlib.suppress(Problem):  # it may have ended with its launcher
                    self.ground.strike(f"process={machine}", "go")

        yield Scene(payload, pilot, release)

    @contextlib.contextmanager
    def _started(self, victim: Victim) -> Iterator[Scene]:
        """The pilot job is stopped while the switch waits at its door; then that opens."""
        with self._taken(victim, "waits") as scene:
            process = self.ground.strike(f"agent={scene.pilot}", "stop")
            scene.release()
            self.ground.hears("began", scene.pilot)
            yield self._stopped(scene.payload, scene.pilot, process, ends=victim is Victim.AUTHORITY)

    @contextlib.contextmanager
    def _running(self, victim: Victim) -> Iterator[Scene]:
        """The VO knows that the payload has started, and the payload waits for a word."""
        payload, pilot = self._begun("waits")
        in_machine = self.ground.mode is Mode.VM
        report = self.ground.vo.wait(payload, limit=self.ground.limit, until="output" if in_machine else "start")
        if not in_machine:
            self.ground.hears("began", pilot)
        if report.state != "started":
            raise Problem("a payload did not start", found=f"{report.state}: {report.why}")
        yield Scene(payload, pilot, lambda: self.ground.mark("go") if victim is Victim.AUTHORITY else None)

    @contextlib.contextmanager
    def _ended(self, victim: Victim) -> Iterator[Scene]:
        """The pilot job is stopped; then the payload may end. One in a machine hears no word: it is a short one."""
        if self.ground.mode is Mode.VM:
            with self._taken(victim) as scene:
                process = self.ground.strike(f"agent={scene.pilot}", "stop")
                scene.release()
                self.ground.hears("over", scene.pilot)
                self.ground.strike(f"zombie={scene.pilot}")
                yield self._stopped(scene.payload, scene.pilot, process)
            return
        with self._running(victim) as scene:
            process = self.ground.strike(f"agent={scene.pilot}", "stop")
            self.ground.mark("go")
            self.ground.strike(f"said=over:{self.ground.place}/log", f"zombie={scene.pilot}")
            yield self._stopped(scene.payload, scene.pilot, process)

    @contextlib.contextmanager
    def _cleaning(self, victim: Victim) -> Iterator[Scene]:
        """Somebody sends SIGTERM to what the payload has left, and is stopped as soon as that is felt.

        The switch does, where it has to end leftovers; else the pilot job does, as with gLExec.
        """
        by_switch = victim in (Victim.FRONT, Victim.KEEPER)
        as_it_is = by_switch or self.ground.mode is Mode.NONE
        with contextlib.nullcontext() if as_it_is else self.files.configured(end_leftovers="no"):
            payload, pilot = self._begun("leaves")
            who = "keeper" if by_switch else "agent"
            process = self.ground.strike(f"path={self.ground.place}/felt", f"{who}={pilot}", "stop")
            yield self._stopped(payload, pilot, process)

    def _stopped(self, payload: str, pilot: str, process: str, *, ends: bool = False) -> Scene:
        """Who was stopped goes on when released; the payload ends then, or has ended, or waits."""

        def release() -> None:
            self.ground.strike(f"process={process}", "go")
            if ends:
                self.ground.mark("go")

        return Scene(payload, pilot, release)
