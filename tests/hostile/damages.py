"""Damage to what a server stored: values in rows, the database, folders, and files of images."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

FIRST = "rowid = (SELECT min(rowid) FROM jobs)"
DEEP = "[" * 100_000
SPARSE_BYTES = 20_000_000_000


class StoredFiles:
    """The folders of a server that has three jobs with one image each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images = folder / "images"
        self.data = folder / "data"
        self.database = self.data / "records.sqlite3"

    def sql(self, statement: str) -> list[tuple[bytes, ...]]:
        """Run a statement without the adapter; texts are returned as bytes."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            connection.text_factory = bytes
            return connection.execute(statement).fetchall()

    @property
    def is_readable(self) -> bool:
        """Whether there is a database with a table of jobs."""
        with suppress(sqlite3.Error):
            return bool(self.sql("SELECT 1 FROM jobs LIMIT 1"))
        return False

    def image_of_first(self) -> Path:
        """The file of the first job's image."""
        return Path(os.fsdecode(self.sql("SELECT place FROM pictures ORDER BY rowid")[0][0]))


Apply = Callable[[StoredFiles], None]


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One damage, and whether the server can still record and store new images.

    With `images_lost`, the files of all images are gone.
    """

    name: str
    apply: Apply
    ready: bool = True
    images_lost: bool = False

    def __str__(self) -> str:
        return self.name


def _job(column: str, value: str) -> Damage:
    statement = f"UPDATE jobs SET {column} = {value} WHERE {FIRST}"  # noqa: S608 - written below
    return Damage(name=f"{column} {value[:30]}", apply=lambda files: _run(files, statement))


def _image(column: str, value: str) -> Damage:
    of_first = f"(SELECT id FROM jobs WHERE {FIRST})"  # noqa: S608 - as above
    statement = f"UPDATE pictures SET {column} = {value} WHERE job_id = {of_first}"  # noqa: S608 - as above
    return Damage(name=f"image {column} {value[:30]}", apply=lambda files: _run(files, statement))


def _run(files: StoredFiles, statement: str) -> None:
    files.sql(statement)


ROWS = [
    _job("state", "'archived'"),
    _job("state", "x'80'"),
    _job("created_at", "'yesterday'"),
    _job("created_at", "5"),
    _job("created_at", "x'00ff'"),
    _job("changed_at", "'2026-13-45 99:00:00'"),
    _job("charged", "'perhaps'"),
    _job("cost_usd", "'NaN'"),
    _job("cost_usd", "'12,50'"),
    _job("cost_usd", "'1e999999999'"),
    _job("estimate_usd", "'-3'"),
    _job("notes", "'not JSON'"),
    _job("notes", """'{"a": 1}'"""),
    _job("notes", "'[1, null]'"),
    _job("notes", f"'{DEEP}'"),
    _job("prompt", "x'00ff'"),
    _job("prompt", "CAST(x'ff8041' AS TEXT)"),
    _job("tokens_out", "'many'"),
    _job("asked_pictures", "'several'"),
    _job("asked_pictures", "-1e300"),
    _job("model", "x'00'"),
    _image("place", "x'00ff'"),
    _image("place", "'/a' || char(0) || 'b'"),
    _image("place", "'/dev/zero'"),
    _image("place", "'../../etc/passwd'"),
    _image("width", "'wide'"),
    _image("bytes", "'large'"),
    _image("bytes", "9e18"),
    _image("notes", f"'{DEEP}'"),
    _image("format", "x'ff'"),
    _image("picture_id", "x'ff'"),
]
"""Values of the first job and of its image that no version has written."""


def _file_instead(path: Callable[[StoredFiles], Path]) -> Apply:
    def apply(files: StoredFiles) -> None:
        shutil.rmtree(path(files))
        path(files).write_bytes(b"a file")

    return apply


def _other_schema(files: StoredFiles) -> None:
    files.sql("ALTER TABLE jobs RENAME TO other_jobs")
    files.sql("CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT)")


def _newer_schema(files: StoredFiles) -> None:
    files.sql("ALTER TABLE jobs ADD COLUMN priority TEXT")
    files.sql("PRAGMA user_version = 99")


def _required_column(files: StoredFiles) -> None:
    columns = ", ".join(row[1].decode() for row in files.sql("PRAGMA table_info(jobs)"))
    files.sql("ALTER TABLE jobs RENAME TO old")
    files.sql(f"CREATE TABLE jobs ({columns}, priority TEXT NOT NULL, PRIMARY KEY (id))")
    files.sql("INSERT INTO jobs SELECT *, 'high' FROM old")


def _folder_instead(files: StoredFiles) -> None:
    files.database.unlink()
    files.database.mkdir()


def _cut(files: StoredFiles) -> None:
    files.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = files.database.read_bytes()
    files.database.write_bytes(whole[: len(whole) // 2])


def _no_database(files: StoredFiles) -> None:
    files.database.write_bytes(b"no database " * 1_000)


def _dangling(path: Callable[[StoredFiles], Path]) -> Apply:
    def apply(files: StoredFiles) -> None:
        shutil.rmtree(path(files))
        path(files).symlink_to("/nowhere/at/all")

    return apply


def _lock_is_folder(files: StoredFiles) -> None:
    (files.data / "writers" / "door.lock").unlink()
    (files.data / "writers" / "door.lock").mkdir()


def _odd_writers(files: StoredFiles) -> None:
    (files.data / "writers" / "1-aaaaaaaa.lock").mkdir()
    os.mkfifo(files.data / "writers" / "2-aaaaaaaa.lock")


FOLDERS = [
    Damage(name="DATA_DIR is a file", apply=_file_instead(lambda at: at.data), ready=False),
    Damage(name="DATA_DIR leads nowhere", apply=_dangling(lambda at: at.data), ready=False),
    Damage(
        name="writers is a file", apply=_file_instead(lambda at: at.data / "writers"), ready=False
    ),
    Damage(name="the lock is a folder", apply=_lock_is_folder, ready=False),
    Damage(name="odd lock files", apply=_odd_writers),
    Damage(name="no database", apply=_no_database, ready=False),
    Damage(name="half a database", apply=_cut, ready=False),
    Damage(name="the database is a folder", apply=_folder_instead, ready=False),
    Damage(name="another schema", apply=_other_schema, ready=False),
    Damage(name="a required column", apply=_required_column, ready=False),
    Damage(name="a newer schema", apply=_newer_schema),
    Damage(name="OUTPUT_DIR is a file", apply=_file_instead(lambda at: at.images), ready=False),
    Damage(name="OUTPUT_DIR leads nowhere", apply=_dangling(lambda at: at.images), ready=False),
    Damage(name="OUTPUT_DIR is gone", apply=lambda at: shutil.rmtree(at.images), images_lost=True),
]


def _instead_of_image(make: Callable[[Path], object]) -> Apply:
    def apply(files: StoredFiles) -> None:
        image = files.image_of_first()
        image.unlink()
        make(image)

    return apply


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE_BYTES)


FILES = [
    Damage(name="a FIFO", apply=_instead_of_image(os.mkfifo)),
    Damage(name="a sparse file", apply=_instead_of_image(_sparse)),
    Damage(name="a folder", apply=_instead_of_image(Path.mkdir)),
    Damage(
        name="a link to a device", apply=_instead_of_image(lambda at: at.symlink_to("/dev/zero"))
    ),
    Damage(name="a link to itself", apply=_instead_of_image(lambda at: at.symlink_to(at.name))),
    Damage(name="other bytes", apply=_instead_of_image(lambda at: at.write_bytes(b"x" * 75))),
]
"""What lies at the name of the first job's image."""
