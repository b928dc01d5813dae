"""Which of a machine's package sources is the Debian mirror, and what of its settings goes along."""

from pathlib import Path

from testbed.lab.machine.mirror import Mirror, choose
from testbed.lab.machine.sources import Source, deb822, one_line
from testbed.model.entry import Entry

ARCHIVE_KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"


def chosen(lines: str, codename: str = "bookworm", **configuration: str) -> Mirror | None:
    settings = {name.replace("__", "::").replace("_", "-"): value for name, value in configuration.items()}
    return choose(one_line(lines), settings, codename, {})


def addresses(mirror: Mirror | None) -> dict[str, str]:
    assert mirror
    return {source.suites[0]: source.uri for source in mirror.sources}


def test_the_machines_suites_become_those_of_debian_13() -> None:
    lines = (
        "deb http://m.example/debian bookworm main\ndeb http://m.example/debian bookworm-updates main\n"
        "deb http://s.example/debian-security bookworm-security main\n"
    )
    assert addresses(chosen(lines)) == {
        "trixie": "http://m.example/debian",
        "trixie-updates": "http://m.example/debian",
        "trixie-security": "http://s.example/debian-security",
    }


def test_suites_that_the_machine_does_without_are_not_added() -> None:
    assert addresses(chosen("deb http://m.example/debian trixie main", "trixie")) == {
        "trixie": "http://m.example/debian"
    }


def test_only_the_archive_main_component_is_taken() -> None:
    mirror = chosen("deb http://m.example/debian bookworm main contrib non-free-firmware")
    assert mirror
    assert mirror.sources[0].components == ("main",)


def test_another_projects_packages_for_debian_are_not_the_mirror() -> None:
    lines = (
        "deb https://packages.other.example/debian/12/prod bookworm main\n"
        "deb https://download.other.example/linux/debian bookworm stable\n"
        f"deb [signed-by={ARCHIVE_KEY}] http://m.example/x bookworm main\n"
    )
    assert addresses(chosen(lines))["trixie"] == "http://m.example/x"


def test_ubuntu_has_no_debian_mirror_even_with_a_stable_suite_of_somebody() -> None:
    lines = "deb http://archive.example/ubuntu noble main\ndeb https://dl.example/browser stable main\n"
    assert chosen(lines, codename="") is None


def test_a_machine_that_follows_stable_by_name_is_understood() -> None:
    assert addresses(chosen("deb http://m.example/debian/ stable main")) == {"trixie": "http://m.example/debian/"}


def test_settings_about_fetching_go_along_and_those_that_name_this_machines_files_do_not() -> None:
    mirror = chosen(
        "deb http://m.example/debian bookworm main",
        Acquire__Check_Valid_Until="false",
        Acquire__http__Proxy="http://proxy.example:3142",
        Acquire__http__Proxy_Auto_Detect="/usr/bin/auto-apt-proxy",
        Acquire__https__CAInfo="/etc/ssl/ours.pem",
        APT__Architecture="amd64",
        Acquire__IndexTargets__deb__Packages__MetaKey="x",
    )
    assert mirror
    assert mirror.settings == (
        'Acquire::Check-Valid-Until "false";',
        'Acquire::http::Proxy "http://proxy.example:3142";',
    )


def test_a_proxy_of_the_environment_counts_unless_apt_has_its_own() -> None:
    sources = [Source("http://m.example/debian", ("bookworm",), ("main",))]
    environment = {"http_proxy": "http://env.example:1"}
    mirror = choose(sources, {}, "bookworm", environment)
    assert mirror
    assert mirror.settings == ('Acquire::http::Proxy "http://env.example:1";',)
    mirror = choose(sources, {"Acquire::http::Proxy": "http://apt.example:2"}, "bookworm", environment)
    assert mirror
    assert mirror.settings == ('Acquire::http::Proxy "http://apt.example:2";',)


def test_a_cloud_images_list_of_mirrors_is_followed(tmp_path: Path) -> None:
    listed = tmp_path / "debian.list"
    listed.write_text("# made by cloud-init\nhttp://cloud.example/debian\tpriority:1\nhttp://b.example/debian\n")
    lines = f"deb mirror+file:{listed} bookworm main"
    assert addresses(chosen(lines))["trixie"] == "http://cloud.example/debian"


def test_a_mirrors_own_key_goes_into_the_image_and_the_archives_is_there_already(tmp_path: Path) -> None:
    key = tmp_path / "company.gpg"
    key.write_bytes(b"\x99\x01key")
    mirror = chosen(f"deb [signed-by={key}] http://m.example/debian bookworm main")
    assert mirror
    assert mirror.sources[0].options["signed-by"] == str(key), "this machine uses it where it lies"
    sources, _, carried = mirror.tree()
    assert carried.content == b"\x99\x01key"
    assert f"Signed-By: {carried.path}\n".encode() in sources.content
    archive = chosen(f"deb [signed-by={ARCHIVE_KEY}] http://m.example/debian bookworm main")
    assert archive
    assert [entry.path for entry in archive.tree()] == [
        "/etc/apt/sources.list.d/mirror.sources",
        "/etc/apt/apt.conf.d/60mirror",
    ]


def test_a_key_within_the_sources_goes_into_the_image_as_a_file() -> None:
    armoured = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY\n-----END PGP PUBLIC KEY BLOCK-----"
    sources = [Source("http://m.example/debian", ("bookworm",), ("main",), {"signed-by": armoured})]
    mirror = choose(sources, {}, "bookworm", {})
    assert mirror
    key = mirror.tree()[2]
    assert key.path.endswith(".asc")
    assert key.content.decode() == armoured + "\n"
    assert [source.options["signed-by"] for source in deb822(mirror.stanzas())] == [armoured], "written as it is read"


def test_an_https_mirror_brings_the_certificates_by_which_it_is_checked(tmp_path: Path) -> None:
    bundle = tmp_path / "authorities.crt"
    bundle.write_text("certificates")
    mirror = choose(
        one_line("deb https://m.example/debian bookworm main"), {"Acquire::https::CAInfo": str(bundle)}, "bookworm", {}
    )
    assert mirror
    tree = {entry.path: entry for entry in mirror.tree()}
    assert tree["/etc/apt/keyrings/mirror-authorities.crt"] == Entry(
        "/etc/apt/keyrings/mirror-authorities.crt", b"certificates"
    )
    assert b'Acquire::https::CAInfo "/etc/apt/keyrings/mirror-authorities.crt";' in (
        tree["/etc/apt/apt.conf.d/60mirror"].content
    )
