"""What can go wrong with the record, each as a sentence that says what to do.

StoreError
├── DatabaseUnusable        the record cannot be used as it is; the command line prints it and ends with 2
│   ├── AddressInvalid      DATABASE_URL names nothing we can open
│   ├── DatabaseUnreachable the server does not answer, or does not let us in
│   ├── DatabaseNotWritable the file, its folder or the disk takes no writes
│   ├── DatabaseDamaged     the file is no database, or a broken one
│   ├── DatabaseBusy        another program has kept the file locked for too long
│   └── DatabaseNewer       a later release of this program has changed the record's shape
├── Superseded              a write with an old revision: another process runs this call now
└── TooManyLiveCalls        the cap on live calls is reached
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError


class StoreError(Exception):
    """The record refused."""


class DatabaseUnusable(StoreError):
    """The record cannot be used as it is."""


class AddressInvalid(DatabaseUnusable):
    pass


class DatabaseUnreachable(DatabaseUnusable):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"PostgreSQL at {where} cannot be used: {reason.rstrip('.')}. "
            "Start the server or correct DATABASE_URL; without it the record is kept in a file."
        )


class DatabaseNotWritable(DatabaseUnusable):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"The record at {where} cannot be written: {reason.rstrip('.')}. Check that the disk has room and that "
            "this user may write to the folder, or choose another one with --data."
        )


class DatabaseDamaged(DatabaseUnusable):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"The record at {where} is damaged: {reason.rstrip('.')}. Put a backup in its place, or move the file "
            "away to begin with an empty record."
        )


class DatabaseBusy(DatabaseUnusable):
    def __init__(self, where: str) -> None:
        super().__init__(
            f"The record at {where} has been locked by another program for too long. End the program that has it "
            "open (a backup or a database browser?) and try again."
        )


class DatabaseNewer(DatabaseUnusable):
    def __init__(self, where: str, version: str, newest: str) -> None:
        super().__init__(
            f"The record at {where} has form {version}, made by a later release; this one knows forms up to {newest}. "
            "Install that release again, or use another record."
        )


class Superseded(StoreError):
    """The write carried an old revision. Whoever made it must stop running the call."""

    def __init__(self, call_id: str, revision: int) -> None:
        self.call_id = call_id
        self.revision = revision
        super().__init__(f"{call_id} is not at revision {revision} any more: another process runs it.")


class TooManyLiveCalls(StoreError):
    def __init__(self, cap: int) -> None:
        self.cap = cap
        super().__init__(f"{cap} calls are live, which is the limit. Try again when one has ended.")


def of_sqlite(error: Exception, where: str) -> DatabaseUnusable | None:
    """Our error for one of SQLite's, or None for one that is a mistake of ours (https://sqlite.org/rescode.html)."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    # The low byte is the primary code; extended codes only refine it. Errors of the module itself have no code.
    match getattr(cause, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return DatabaseDamaged(where, str(cause))
        case (
            sqlite3.SQLITE_CANTOPEN
            | sqlite3.SQLITE_READONLY
            | sqlite3.SQLITE_PERM
            | sqlite3.SQLITE_FULL
            | sqlite3.SQLITE_IOERR
        ):
            return DatabaseNotWritable(where, str(cause))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseBusy(where)
        case _:
            return None
