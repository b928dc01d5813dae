"""apt's two formats of package sources, as they are met in the wild."""

from testbed.lab.machine.sources import Source, deb822, one_line


def test_a_plain_line_is_read() -> None:
    assert list(one_line("deb http://deb.example/debian bookworm main contrib\n")) == [
        Source("http://deb.example/debian", ("bookworm",), ("main", "contrib"))
    ]


def test_comments_blank_lines_and_source_packages_are_left_out() -> None:
    text = "# deb http://old.example/debian bookworm main\n\ndeb-src http://deb.example/debian bookworm main\n"
    assert list(one_line(text)) == []


def test_a_comment_may_follow_a_line() -> None:
    (source,) = one_line("deb http://deb.example/debian bookworm main # the mirror next door")
    assert source.components == ("main",)


def test_options_of_a_line_are_kept_if_they_are_about_trust_and_dates() -> None:
    options = "[ arch=amd64,i386 Signed-By=/usr/share/keyrings/x.gpg trusted=yes ]"
    (source,) = one_line(f"deb {options} http://deb.example/debian bookworm main")
    assert source.options == {"signed-by": "/usr/share/keyrings/x.gpg", "trusted": "yes"}


def test_a_flat_repository_has_no_components() -> None:
    (source,) = one_line("deb file:/srv/packages ./")
    assert (source.suites, source.components) == (("./",), ())


def test_a_stanza_is_read_whatever_the_case_of_its_fields() -> None:
    text = "Types: deb deb-src\nURIS: http://deb.example/debian\nsuites: bookworm bookworm-updates\nComponents: main\n"
    assert list(deb822(text)) == [Source("http://deb.example/debian", ("bookworm", "bookworm-updates"), ("main",))]


def test_each_address_of_a_stanza_is_a_source() -> None:
    text = "Types: deb\nURIs: http://a.example/debian\n  http://b.example/debian\nSuites: sid\nComponents: main\n"
    assert [source.uri for source in deb822(text)] == ["http://a.example/debian", "http://b.example/debian"]


def test_stanzas_are_parted_by_blank_lines_and_comments_do_not_count() -> None:
    text = (
        "# Debian\nTypes: deb\n# once: http://old.example/debian\nURIs: http://a.example/debian\nSuites: bookworm\n"
        "Components: main\n \n\nTypes: deb\nURIs: http://b.example/security\nSuites: bookworm-security\n"
        "Components: main\n"
    )
    assert [source.suites for source in deb822(text)] == [("bookworm",), ("bookworm-security",)]


def test_a_stanza_that_is_switched_off_is_left_out() -> None:
    assert list(deb822("Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: sid\nComponents: main\n")) == []


def test_source_packages_alone_are_no_binary_source() -> None:
    assert list(deb822("Types: deb-src\nURIs: http://a.example\nSuites: sid\nComponents: main\n")) == []


def test_a_key_within_a_stanza_keeps_its_lines_and_its_empty_line() -> None:
    text = (
        "Types: deb\nURIs: http://a.example\nSuites: sid\nComponents: main\nSigned-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n -----END PGP PUBLIC KEY BLOCK-----\n"
    )
    (source,) = deb822(text)
    assert source.options["signed-by"].splitlines() == [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        "mDMEY",
        "-----END PGP PUBLIC KEY BLOCK-----",
    ]
