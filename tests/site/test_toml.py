"""Every value of a TOML file is found on the line where it stands."""

import pytest

from testbed.model.problem import Problem
from testbed.site.toml import parse, spell

TEXT = b'''\
# comment with [brackets] and "quotes
name = "x" # [not.a.table]

[answers]
setuid = "no"
"quoted key" = 1
a.b.'c d' = 2

[[pools]]
prefix = "one"
group = { name = "g", gid = 5, more = [1,
  2] }
[[pools]]
prefix = """two
lines "quoted" \\""" ]
"""
[pools.below]
deep = \'\'\'it''s
]\'\'\'
[[pools.list]]
first = 2020-01-01
[[pools.list]]
second = [ [ "a" ], # ]
  { b = '\\' } ]
[x."y.z"]
last = true
'''


def test_every_key_is_found_on_its_line() -> None:
    lines = {spell(place): line for place, line in parse(TEXT, "f").lines.items()}
    assert lines == {
        "name": 2,
        "answers": 4,
        "answers.setuid": 5,
        "answers.'quoted key'": 6,
        **{"answers.a": 7, "answers.a.b": 7, "answers.a.b.'c d'": 7},
        **{"pools": 9, "pools[1]": 9, "pools[1].prefix": 10, "pools[1].group": 11, "pools[1].group.name": 11},
        **{"pools[1].group.gid": 11, "pools[1].group.more": 11, "pools[1].group.more[1]": 11},
        "pools[1].group.more[2]": 12,
        **{"pools[2]": 13, "pools[2].prefix": 14, "pools[2].below": 17, "pools[2].below.deep": 18},
        **{"pools[2].list": 20, "pools[2].list[1]": 20, "pools[2].list[1].first": 21},
        **{"pools[2].list[2]": 22, "pools[2].list[2].second": 23, "pools[2].list[2].second[1]": 23},
        **{"pools[2].list[2].second[1][1]": 23, "pools[2].list[2].second[2]": 24, "pools[2].list[2].second[2].b": 24},
        **{"x": 25, "x.'y.z'": 25, "x.'y.z'.last": 26},
    }


def test_line_ends_of_another_system_and_a_byte_order_mark_change_nothing() -> None:
    there = parse(b"\xef\xbb\xbf" + TEXT.replace(b"\n", b"\r\n"), "f")
    assert there.lines == parse(TEXT, "f").lines
    assert there.values["answers"]["setuid"] == "no"


def test_a_place_without_a_line_of_its_own_is_its_table_s() -> None:
    document = parse(TEXT, "site.toml")
    assert document.where(("answers", "missing")) == "site.toml:4, key answers.missing"
    assert document.where(("missing",)) == "site.toml:1, key missing"


@pytest.mark.parametrize(
    ("content", "where", "found"),
    [
        (b"a = 1\nb = yes\n", "f:2", "b = yes"),
        (b"a = 1\na = 2\n", "f:2", "a = 2"),
        (b"[t]\nx = 1\n[t]\n", "f:3", "[t]"),
        (b'a = "open\n', "f:1", 'a = "open'),
        (b"a = 1\nb = [1,\n", "f:2", "b = [1,"),
        (b"a = 1\nb\x00 = 2\n", "f:2", "b\\x00 = 2"),
        (b"a = 1\rb = 2\n", "f:1", "a = 1"),
        (b'a = 1\nb = "\xe9"\n', "f:2", "byte 0xe9"),
        ("a = 1\n".encode("utf-16"), "f", "UTF-16"),
    ],
)
def test_what_is_not_toml_is_named_with_its_line(content: bytes, where: str, found: str) -> None:
    with pytest.raises(Problem, match=r"not TOML|not UTF-8") as caught:
        parse(content, "f")
    assert (":".join(caught.value.where.split(":")[:2]), caught.value.found) == (where, found)
    assert caught.value.remedy
