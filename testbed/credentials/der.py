"""The few DER encodings that no library writes for us (X.690)."""

SEQUENCE = 0x30
SET = 0x31
UTF8_STRING = 0x0C
OBJECT_IDENTIFIER = 0x06
INTEGER = 0x02


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: its tag, its length, and the parts one after the other."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def content(element: bytes) -> bytes:
    """What is inside one element, which is all that there is."""
    size = element[1] & 0x7F if element[1] & 0x80 else 0
    length = int.from_bytes(element[2 : 2 + size], "big") if size else element[1]
    if len(element) != 2 + size + length:
        raise ValueError("this is not one element in DER")
    return element[2 + size :]


def oid(dotted: str) -> bytes:
    """An object identifier, given as people write it: ``1.3.6.1.5.5.7.1.14``."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OBJECT_IDENTIFIER, *(_base128(arc) for arc in (40 * first + second, *rest)))


def integer(number: int) -> bytes:
    """A number that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | arc & 0x7F)
    return bytes(reversed(digits))
