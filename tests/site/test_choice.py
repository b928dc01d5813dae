"""Which of a run's sites a cell is played on, and why none is."""

import dataclasses

import pytest

from testbed.model.cell import Authority
from testbed.model.mode import WAYS, Installation, Mode
from testbed.site import check, example
from testbed.site.choice import Choice


@pytest.mark.parametrize("authority", Authority)
@pytest.mark.parametrize("mode", Mode)
def test_the_examples_offer_every_mode_with_every_authority(mode: Mode, authority: Authority) -> None:
    site, why_not = Choice.of_examples().site_for(mode, authority)
    assert site, why_not
    assert site.authority is authority
    assert not WAYS[mode].calls_switch or site.installation is WAYS[mode].installation


def test_where_nothing_is_said_accounts_are_local() -> None:
    assert Choice.of_examples().site_for(Mode.SETUID)[0] == example("setuid-gridmap")


def test_a_site_has_one_authority_and_a_cell_of_another_does_not_apply() -> None:
    site, why_not = Choice((example("setuid-argus"),)).site_for(Mode.SETUID, Authority.SCAS)
    assert site is None
    assert why_not == "no account comes from scas here: setuid-argus's from argus"


def test_an_installation_that_the_site_does_not_have_is_still_told() -> None:
    site, why_not = Choice((example("setuid-argus"),)).site_for(Mode.LOG_ONLY, Authority.ARGUS)
    assert site is None
    assert "installs the switch setuid" in why_not


def test_a_site_without_user_namespaces_offers_no_containers() -> None:
    site = dataclasses.replace(example("logonly-gridmap"), user_namespaces=False)
    found, why_not = Choice((site,)).site_for(Mode.CONTAINER)
    assert found is None
    assert why_not.startswith("the site logonly-gridmap lets no account of its worker node make user namespaces")


@pytest.mark.parametrize("name", ["logonly-scas", "logonly-gums"])
def test_a_site_without_a_folder_of_its_own_is_a_good_one(name: str) -> None:
    choice = Choice.of_examples()
    site = next(site for site in choice.sites if site.name == name)
    assert check(site) == []
    assert site.installation is Installation.LOG_ONLY
    assert site.answers == example("logonly-gridmap").answers
    assert b"\ninstallation                = log-only\n" in site.file("glexec.conf").content
    assert {file.mode for file in site.files} == {0o644}
    assert site.file("lcmaps.db").content == example(name.replace("logonly", "setuid")).file("lcmaps.db").content


def test_all_hosts_of_all_sites_are_known_before_anything_starts() -> None:
    hosts = Choice.of_examples().authority_hosts
    assert hosts == (
        "argus01.example.org",
        "argus02.example.org",
        "scas01.example.org",
        "scas02.example.org",
        "gums.example.org",
    )
