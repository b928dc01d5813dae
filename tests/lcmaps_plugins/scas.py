"""What the SCAS module decides without LCMAPS and network, called from Python.

``python3 -m tests.lcmaps_plugins.scas scas.so`` runs in a mount namespace that has its own accounts: it reads
accounts of answers, one a line of JSON, and writes what this node makes of each.
"""

import ctypes
import json
import sys

from tests.lcmaps_plugins.pep import EndpointsFields, FindingFields, GrantedFields, HttpsFields
from tests.lcmaps_plugins.saml import AccountFields


class OptionFields(ctypes.Structure):
    """struct scas_options"""

    _fields_ = (
        ("https", HttpsFields),
        ("endpoints", EndpointsFields),
        ("owner", ctypes.c_char * 64),
        *((name, ctypes.c_char_p) for name in ("resource", "action")),
        ("only_names", ctypes.c_bool),
    )


def options(library: ctypes.CDLL, *words: str) -> OptionFields | str:
    """What these words of lcmaps.db mean, or what is wrong with them."""
    argv = (ctypes.c_char_p * (len(words) + 2))(b"lcmaps_scas_client.mod", *(word.encode() for word in words))
    found, why = OptionFields(), ctypes.create_string_buffer(512)
    library.scas_options_take.restype = ctypes.c_bool
    size = ctypes.c_size_t(len(why))
    taken = library.scas_options_take(ctypes.byref(found), ctypes.c_int(len(words) + 1), argv, why, size)
    return found if taken else why.value.decode()


def resolved(library: ctypes.CDLL, account: dict[str, str | list[str]]) -> tuple[int, int, list[int]] | str:
    """uid, gid and secondary gids of an account of an answer on this node; the word of the cause where it is none."""
    fields, found, finding = AccountFields(), GrantedFields(), FindingFields()
    for name, value in account.items():
        if isinstance(value, str):
            setattr(fields, name, value.encode())
            continue
        for i, each in enumerate(value):
            getattr(fields, name)[i] = each.encode()
        setattr(fields, {"gids": "gid_count", "groups": "group_count"}[name], len(value))
    library.scas_account_resolve.restype = ctypes.c_bool
    if not library.scas_account_resolve(ctypes.byref(found), ctypes.byref(fields), ctypes.byref(finding)):
        return finding.word
    return found.uid, found.gid, found.gids[: found.count]


def main() -> None:
    """Until standard input ends."""
    library = ctypes.CDLL(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(resolved(library, json.loads(line))))


if __name__ == "__main__":
    main()
