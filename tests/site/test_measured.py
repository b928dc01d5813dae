"""The sites that counter-measures need: the same, but for what their worker nodes are allowed."""

import dataclasses

from testbed.model.measure import Measure
from testbed.site.capability import ALLOWED
from testbed.site.load import example
from testbed.site.measured import CAPABILITIES, measured


def test_a_measure_that_needs_nothing_of_the_node_changes_nothing() -> None:
    site = example("setuid-gridmap")
    assert measured(site, None) is site
    assert measured(site, Measure.CAREFUL_PILOT) is site


def test_a_node_that_has_to_mount_is_another_world() -> None:
    site = example("setuid-gridmap")
    other = measured(site, Measure.HIDEPID)
    assert other.digest != site.digest
    assert dataclasses.replace(other, capabilities=site.capabilities) == site
    assert measured(other, Measure.HIDEPID) == other


def test_no_measure_needs_what_a_site_may_not_have() -> None:
    assert {each for needed in CAPABILITIES.values() for each in needed} <= ALLOWED.keys()
