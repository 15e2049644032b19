"""File names are unique: no two modules of a top-level folder share one."""

from pathlib import Path

from tests.architecture.checkout import PACKAGES, ROOT

SHARED = {
    ("adapters", "memory.py"): "a port may have an adapter that keeps everything in memory",
    ("adapters", "provider.py"): "each provider's folder has its ImageProvider",
    ("adapters", "translate.py"): "each provider's folder maps requests and replies",
}
"""File names that modules of one folder may share, and why."""


def shared_names(root: Path) -> dict[tuple[str, str], list[str]]:
    """The file names that several modules of a folder have, with the paths of these modules."""
    paths: dict[tuple[str, str], list[str]] = {}
    for folder in PACKAGES:
        for file in sorted((root / folder).rglob("*.py")):
            if file.name != "__init__.py":
                path = file.relative_to(root).as_posix()
                paths.setdefault((folder, file.name), []).append(path)
    return {name: found for name, found in paths.items() if len(found) > 1}


def test_no_two_modules_of_a_folder_share_a_file_name() -> None:
    found = shared_names(ROOT)
    assert {name: paths for name, paths in found.items() if name not in SHARED} == {}


def test_every_exception_is_needed() -> None:
    assert SHARED.keys() - shared_names(ROOT).keys() == set()


def test_a_shared_file_name_is_found(tmp_path: Path) -> None:
    for path in ("domain/planted.py", "adapters/one/planted.py", "adapters/two/planted.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    paths = ["adapters/one/planted.py", "adapters/two/planted.py"]
    assert shared_names(tmp_path) == {("adapters", "planted.py"): paths}
