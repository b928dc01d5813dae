"""The queue's memory on disk: an SQLite file in which a change is there wholly, or not at all, whoever is killed."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from testbed.model.problem import Problem

VERSION = 3
"""Of the tables below; a file of another version is not touched."""

TABLES = """
CREATE TABLE payloads (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    owner    TEXT NOT NULL,
    vo       TEXT NOT NULL,
    slot     TEXT NOT NULL,
    priority INTEGER NOT NULL,
    memory   INTEGER NOT NULL,
    seconds  REAL NOT NULL,
    mode     TEXT NOT NULL,
    stdin    BLOB NOT NULL,
    sandbox  BLOB NOT NULL,              -- empty where it has none
    asked    TEXT UNIQUE,                -- the word by which a submission that is said twice is known
    payload  TEXT NOT NULL,              -- all else of it, JSON
    state    TEXT NOT NULL,
    pilot    TEXT NOT NULL,
    request  TEXT NOT NULL DEFAULT '',   -- the word by which the pilot asked for it
    starting REAL NOT NULL DEFAULT 0,    -- seconds that its pilot may take to start it
    left     INTEGER NOT NULL,           -- how often it may still be handed out
    stop     INTEGER NOT NULL DEFAULT 0, -- whether its pilot is asked to end it
    report   TEXT NOT NULL,              -- the last one, JSON
    CHECK (left >= 0)
);
CREATE VIEW labels AS                    -- payloads without what they bring along
    SELECT number, owner, vo, slot, priority, memory, seconds, mode, length(sandbox) AS sandbox, state, pilot, request,
           starting, left, stop, report
    FROM payloads;
CREATE INDEX waiting ON payloads (slot, priority DESC, number) WHERE state = 'queued';
CREATE INDEX held ON payloads (pilot) WHERE state IN ('taken', 'started');
CREATE TABLE history (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    payload INTEGER NOT NULL REFERENCES payloads,
    time    REAL NOT NULL,               -- seconds since 1970
    who     TEXT NOT NULL,
    state   TEXT NOT NULL,
    why     TEXT NOT NULL
);
CREATE INDEX histories ON history (payload, number);
CREATE TABLE holders (
    payload INTEGER NOT NULL REFERENCES payloads,
    pilot   TEXT NOT NULL,
    PRIMARY KEY (payload, pilot)
) WITHOUT ROWID;
CREATE TABLE outputs (
    payload INTEGER PRIMARY KEY REFERENCES payloads,
    tar     BLOB NOT NULL                -- what it left for its owner
);
CREATE TABLE pilots (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sent   REAL NOT NULL,
    orders TEXT NOT NULL,                -- JSON
    ended  TEXT                          -- how, JSON; NULL while it is out
);
CREATE TABLE proxies (
    owner TEXT PRIMARY KEY,
    pem   TEXT NOT NULL,
    kept  REAL NOT NULL,
    by    TEXT NOT NULL
);
CREATE TABLE bans (
    dn    TEXT PRIMARY KEY,
    since REAL NOT NULL,                 -- seconds since 1970
    by    TEXT NOT NULL,
    why   TEXT NOT NULL
);
CREATE TABLE fleets (
    name TEXT PRIMARY KEY,
    plan TEXT NOT NULL,                  -- JSON
    sent INTEGER NOT NULL DEFAULT 0      -- pilots, since it was started
);
CREATE TABLE nodes (
    name   TEXT PRIMARY KEY,
    health TEXT NOT NULL                 -- JSON
);
"""


class Unwritten(Problem):
    """A full disk, say: nothing has changed, and what was asked may be asked again."""


class Store:
    """An open file. One process has it at a time; in it, one thread."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; None: in memory. Raises `Problem` for what is no file of a queue's."""
        if path is not None:
            # From the first moment nobody else may read it: it holds proxies. SQLite gives its journals the same mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self.connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, timeout=1.0, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        try:
            self._begin()
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise Problem(
                "the queue cannot be opened",
                where=str(path),
                cause=str(error),
                remedy="end the other VO that has it open, or move the file away: payloads in it are then forgotten",
            ) from None
        except Problem as problem:
            self.connection.close()
            problem.where = str(path)
            raise

    def _begin(self) -> None:
        run = self.connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        version = run("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise Problem(
                "the queue is of another version of the testbed, and was left as it is",
                found=f"tables of version {version}",
                expected=f"version {VERSION}",
                remedy="go on with that version, or move the file away: payloads, bans and renewed proxies stay in it",
            )
        run("PRAGMA journal_mode = WAL")
        # A commit is in the kernel, which outlives a process: SIGKILL loses nothing. FULL would outlive the machine's
        # loss of power as well, which the VO's container does not, and costs up to 5 ms a change on a busy disk.
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA foreign_keys = ON")
        if version == 0:
            self.connection.executescript(f"BEGIN EXCLUSIVE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        with self.change():  # nobody else has it: the lock is taken now and kept
            pass

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside is done together, and outlives us afterwards; an exception undoes it."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            raise Unwritten("the queue cannot be written", cause=str(error)) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self.connection.in_transaction:  # SQLite has undone it itself when a disk is full
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
