"""Hessian 1 in both directions: against recorded bytes, an independent library, and everything hypothesis thinks of."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhessian.encoder import Encoder
from pyhessian.parser import Parser
from pyhessian.protocol import object_factory

from testbed.authority.hessian import List, Long, Map, Value, encode
from testbed.authority.hessian_reader import MAX_BYTES, MAX_DEPTH, MAX_VALUES, NotHessian, decode
from tests.authority import vector

PERMIT = "argus-response-permit-javaref-noecho.hex"
VECTORS = {
    "request": vector.argus_request(),
    "permit": vector.read(PERMIT),
    "deny": vector.read("argus-response-deny.hex"),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.integers(-(2**63), 2**63 - 1).map(Long)
    | st.floats(allow_nan=False)
    | st.binary()
    | TEXT
)
NAME = st.text(st.characters(codec="ascii"), max_size=20)
VALUES = st.recursive(
    LEAF,
    lambda inner: (
        st.builds(Map, NAME, st.dictionaries(TEXT, inner, max_size=4))
        | st.builds(List, st.lists(inner, max_size=4).map(tuple), NAME, st.booleans())
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", VECTORS)
def test_what_real_programs_wrote_is_written_again_byte_by_byte(name: str) -> None:
    assert encode(decode(VECTORS[name])) == VECTORS[name]


def test_the_recorded_permit_says_what_its_file_says() -> None:
    response = decode(VECTORS["permit"])
    assert isinstance(response, Map)
    assert response.name == "org.glite.authz.common.model.Response"
    assert response.fields["request"] is None
    results = response.fields["results"]
    assert isinstance(results, List)
    assert results.name == "org.glite.authz.common.model.util.LazyList"
    (result,) = results.items
    assert isinstance(result, Map)
    assert (result.fields["decision"], result.fields["resourceId"]) == (1, "http://example.org/wn")


@pytest.mark.parametrize("name", VECTORS)
def test_no_part_of_a_document_is_a_document(name: str) -> None:
    """The C client was observed to take an end of input as the end of whatever is open; this one does not."""
    whole = VECTORS[name]
    for length in range(len(whole)):
        with pytest.raises(NotHessian):
            decode(whole[:length])


@pytest.mark.parametrize("name", VECTORS)
def test_nothing_may_follow_a_document(name: str) -> None:
    with pytest.raises(NotHessian, match="after the value"):
        decode(VECTORS[name] + b"z")


@given(VALUES)
def test_every_value_is_read_as_it_was_written(value: Value) -> None:
    assert decode(encode(value)) == value


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_or_a_complaint(data: bytes) -> None:
    try:
        value = decode(data)
    except NotHessian:
        return
    encode(value)


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_document_is_a_value_or_a_complaint(data: st.DataObject) -> None:
    damaged = bytearray(VECTORS["request"])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = decode(bytes(damaged))
    except NotHessian:
        return
    encode(value)


@pytest.mark.parametrize(
    "text", ["", "a", "zażółć", "Пётр", "محمد", "日本", "🦀", "a" * 0x7FFF, "ж" * 0x8000, "é🦀" * 0x8000]
)
def test_texts_of_every_width_and_length_are_read_as_they_were_written(text: str) -> None:
    assert decode(encode(text)) == text


def test_a_surrogate_pair_is_one_character_as_java_writes_it() -> None:
    assert decode(b"S\0\2\xed\xa0\xbe\xed\xb6\x80") == "🦀"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Q",
        b"z",
        b"M",
        b"Mt\0\1\xc3z",
        b"MNNz",
        b"MS\0\1aNS\0\1aNz",
        b"Vl\0\0\0\2Nz",
        b"Vl\xff\xff\xff\xfeNz",
        b"VR\0\0\0\0z",
        b"R\0\0\0\0",
        b"VVzR\xff\xff\xff\xffz",
        b"s\0\1aN",
        b"s\0\1aB\0\1a",
        b"S\0\1\xff",
        b"S\0\1\xed\xa0\x80",
        b"S\0\2\xc3",
        b"D\0",
    ],
)
def test_what_the_specification_does_not_allow_is_refused(data: bytes) -> None:
    with pytest.raises(NotHessian):
        decode(data)


def test_a_reference_is_the_object_of_that_number() -> None:
    """Maps and lists count from 0 in the order in which they begin (the specification, section 10)."""
    assert decode(b"VVS\0\1azR\0\0\0\1z") == List((inner := List(("a",), counted=False), inner), counted=False)


def test_an_object_that_stands_twice_is_written_twice() -> None:
    """A reference would be taken for something else: the C client counts them wrongly (read in its source)."""
    inner = List(("a",))
    assert encode(List((inner, inner))).count(encode(inner)) == 2


def test_a_list_whose_length_is_not_known_may_say_minus_one() -> None:
    assert decode(b"Vl\xff\xff\xff\xffNz") == List((None,))


def test_references_that_unfold_to_more_than_the_limit_are_refused() -> None:
    """Eight levels, each with ten times the one before: 10^8 values in some 500 bytes."""
    bomb = b"V" + b"VNz"
    for level in range(8):
        bomb += b"V" + b"".join(b"R" + struct.pack(">i", level + 1) for _ in range(10)) + b"z"
    with pytest.raises(NotHessian, match=f"more than {MAX_VALUES} values"):
        decode(bomb + b"z")


def test_depth_number_of_values_and_size_have_a_limit() -> None:
    assert decode(b"V" * MAX_DEPTH + b"z" * MAX_DEPTH)
    for bad in (
        b"V" * (MAX_DEPTH + 1) + b"z" * (MAX_DEPTH + 1),
        b"V" + b"N" * MAX_VALUES + b"z",
        b"N" * (MAX_BYTES + 1),
    ):
        with pytest.raises(NotHessian, match="more than"):
            decode(bad)


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, Long(2**63)])
def test_a_number_without_a_form_is_not_shortened(number: int) -> None:
    with pytest.raises(OverflowError):
        encode(number)


def theirs(value: Value) -> object:
    """A value in the words of python-hessian."""
    if isinstance(value, Map):
        return object_factory(value.name, **{key: theirs(field) for key, field in value.fields.items()})
    if isinstance(value, List):
        return [theirs(item) for item in value.items]
    return value


def same(other: object, value: Value) -> bool:
    """Whether python-hessian read what we mean."""
    if isinstance(value, Map):
        return f"{type(other).__module__}.{type(other).__name__}" == value.name and all(
            same(getattr(other, key), field) for key, field in value.fields.items()
        )
    if isinstance(value, List):
        return len(other) == len(value.items) and all(map(same, other, value.items))  # type: ignore[arg-type, call-overload]
    return bool(other == value)


@pytest.mark.parametrize("name", VECTORS)
def test_an_independent_reader_reads_what_we_write(name: str) -> None:
    value = decode(VECTORS[name])
    assert same(Parser().parse_string(b"r\x01\x00" + encode(value) + b"z").value, value)


@pytest.mark.parametrize("name", VECTORS)
def test_what_an_independent_writer_writes_is_read(name: str) -> None:
    def bare(value: Value) -> Value:
        """Without what the other library does not write: types of lists."""
        if isinstance(value, Map):
            return Map(value.name, {key: bare(field) for key, field in value.fields.items()})
        return List(tuple(map(bare, value.items))) if isinstance(value, List) else value

    value = decode(VECTORS[name])
    assert bare(decode(Encoder().encode(theirs(value)))) == bare(value)
