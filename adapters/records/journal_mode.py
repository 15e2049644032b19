"""Which journal the database gets: a write-ahead log where the file system can share memory."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

WRITE_AHEAD_LOG, ROLLBACK_JOURNAL = "WAL", "DELETE"
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
logger = logging.getLogger(__name__)


def usable_journal(file: Path) -> str:
    """Return the journal mode for the database, which is created if it does not exist.

    WAL needs memory that processes share, through a file beside the database. Where the file system
    has none, as on a Windows drive in WSL or a folder that Docker Desktop mounts, the database is
    converted to a rollback journal, and a warning is logged. That needs the database for itself: a
    process that has it open in WAL mode keeps it from being converted. Raises nothing: where
    neither mode can write, the mode is WAL, and its first use fails with the reason.
    """
    failure = _why_not(file, WRITE_AHEAD_LOG)
    if failure is None or _why_not(file, ROLLBACK_JOURNAL) is not None:
        return WRITE_AHEAD_LOG
    logger.warning(
        "%s: the file system cannot share memory between processes (%s). The records use a "
        "slower journal. Set DATA_DIR to a local folder or a named volume to avoid this.",
        file,
        failure,
    )
    return ROLLBACK_JOURNAL


def _why_not(file: Path, journal: str) -> sqlite3.Error | None:
    """Why the database cannot be written in this mode, None if it can.

    While another process writes, it can.
    """
    try:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
            if journal == ROLLBACK_JOURNAL:  # first, so that a WAL is read without shared memory
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute(f"PRAGMA journal_mode={journal}")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        is_busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY
        return None if is_busy and journal == WRITE_AHEAD_LOG else error
    return None
