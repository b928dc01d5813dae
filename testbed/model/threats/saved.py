"""What is kept for later payloads: a machine that is saved once, and that each of them goes on from."""

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

SAVED = (
    Threat(
        Attack.SAVED_MACHINE,
        "A14",
        Stage.SAVED,
        "put code of its own into the machine that is saved for its account, by way of a pilot of mode none, and read "
        "the proxy of the next payload, which goes on from there",
        "----S",
        "nothing that an account can read and write holds against itself (observed; docs/vm.md): whoever ran on the "
        "node under the account that starts machines is in each later one",
        measures=dict.fromkeys((Measure.OWN_ACCOUNT, Measure.COLD_MACHINES), (Mode.VM,)),
        proved_in=Mode.VM,
    ),
)
