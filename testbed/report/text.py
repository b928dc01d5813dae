"""Text that a payload may have had a hand in, made safe to show."""

import unicodedata
from urllib.parse import quote


def visible(text: str) -> str:
    r"""The text with everything that would steer a terminal, break XML or reorder a line written as an escape.

    Line ends and tabs stay. What a stolen file or a hostile payload printed reaches the reader as letters only.

    >>> visible("done\x1b[2J")
    'done\\x1b[2J'
    """
    return "".join(_escaped(letter) for letter in text)


def one_line(text: str) -> str:
    """The text, safe to show, as a single line."""
    return " ".join(visible(text).split())


def link(folder: str) -> str:
    """A folder's relative address. Its colons are quoted too, so that it stays a path, whatever it says."""
    return quote(folder.rstrip("/"), errors="backslashreplace") + "/"


def _escaped(letter: str) -> str:
    code = ord(letter)
    noncharacter = code & 0xFFFE == 0xFFFE
    if letter in "\n\t" or (not noncharacter and unicodedata.category(letter) not in ("Cc", "Cf", "Cs")):
        return letter
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
