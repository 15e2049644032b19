"""Secret stores fulfill their port's contract, and files have more tests."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.secret_file.secret_file import SecretFile
from application.ports.secret_store import SecretStore
from domain.errors import ArchiveUnavailable
from tests.architecture.checkout import ROOT
from tests.testkit.contracts.secret_store import SecretStoreContract
from tests.testkit.fakes import MemorySecretStore

pytestmark = pytest.mark.anyio


class TestSecretFile(SecretStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Callable[[], SecretStore]:
        return lambda: SecretFile(tmp_path / "data" / "secret")

    @pytest.fixture
    def remove(self, tmp_path: Path) -> Callable[[], None]:
        return (tmp_path / "data" / "secret").unlink


class TestSecretFileWithoutHardLinks(TestSecretFile):
    """As on exFAT, and on some network shares."""

    @pytest.fixture(autouse=True)
    def _no_links(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refuse)

    async def test_stores_that_begin_at_once_have_the_same_secret(
        self, open_store: Callable[[], SecretStore]
    ) -> None:
        pytest.skip("two of them may read different ones, until they read again")


class TestMemorySecretStore(SecretStoreContract):
    @pytest.fixture
    def store(self) -> MemorySecretStore:
        return MemorySecretStore()

    @pytest.fixture
    def open_store(self, store: MemorySecretStore) -> Callable[[], SecretStore]:
        return lambda: store

    @pytest.fixture
    def remove(self, store: MemorySecretStore) -> Callable[[], None]:
        return lambda: setattr(store, "value", None)


async def test_only_the_owner_can_read_the_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    secret = await SecretFile(folder / "secret").secret()
    (file,) = folder.iterdir()
    assert file.read_bytes() == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_at_once_have_the_same_secret(tmp_path: Path) -> None:
    worker = [sys.executable, "-m", "tests.contracts.secret_worker"]
    for number in range(5):
        file = tmp_path / f"data-{number}" / "secret"
        workers = [
            subprocess.Popen(
                [*worker, str(file)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(6)
        ]
        for process in workers:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in workers:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        secrets = {process.communicate()[0] for process in workers}
        assert secrets == {f"{file.read_bytes().hex()}\n"}
        assert [each.name for each in file.parent.iterdir()] == ["secret"]


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33], ids=["empty", "short", "long"])
async def test_a_file_of_another_size_is_refused_and_kept(content: bytes, tmp_path: Path) -> None:
    """It may be one that is being copied, or a secret in another form."""
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ArchiveUnavailable, match="32 bytes") as refused:
        await SecretFile(tmp_path / "secret").secret()
    assert "Delete" in refused.value.hint
    assert (tmp_path / "secret").read_bytes() == content


async def test_a_place_that_cannot_be_written_is_an_error_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveUnavailable) as refused:
        await SecretFile(tmp_path / "file" / "secret").secret()
    assert str(tmp_path) not in f"{refused.value.message} {refused.value.hint}"


async def test_a_failed_write_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(ArchiveUnavailable, match="Input/output error"):
            await SecretFile(tmp_path / "secret").secret()
    assert [*tmp_path.iterdir()] == []
    assert len(await SecretFile(tmp_path / "secret").secret()) == 32
