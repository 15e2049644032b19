"""Loads the OpenAI SDK without the types of every API that it knows.

`import openai` imports 430 modules of types, for 200 ms and 13 MB; images need a few of them. The
SDK's own answer is open (openai/openai-python#2339; #3725 would have done the same as this module).
"""

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

TYPES = "openai.types"
Exports = Mapping[str, tuple[str, str]]
"""By exported name: the module that defines it, and its name there."""


def defer_types() -> None:
    """From now on, let the SDK's packages of types import each name at its first use.

    To be called before the SDK is imported; later it changes nothing.
    """
    if not any(isinstance(finder, DeferredExports) for finder in sys.meta_path):
        sys.meta_path.insert(0, DeferredExports(TYPES))


class DeferredExports(MetaPathFinder):
    """Finds the packages at and below `root`, and lets them export names lazily (PEP 562).

    A package whose `__init__` does more than to import names from its own modules is loaded as
    usual.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._root and not fullname.startswith(f"{self._root}."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.submodule_search_locations or not spec.origin:
            return None
        exports = exports_of(ast.parse(Path(spec.origin).read_bytes()).body)
        if exports is not None:
            spec.loader = _LazyPackage(exports)
        return spec


class _LazyPackage(Loader):
    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def exec_module(self, module: ModuleType) -> None:
        exports = self._exports

        def load(name: str) -> object:
            if name not in exports:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            home, original = exports[name]
            value: object = getattr(import_module(f"{module.__name__}.{home}"), original)
            setattr(module, name, value)
            return value

        module.__dict__.update(__getattr__=load, __dir__=lambda: [*vars(module), *exports])


def exports_of(statements: Iterable[ast.stmt]) -> Exports | None:
    """What a package exports from its own modules; None if it does anything else."""
    exports: dict[str, tuple[str, str]] = {}
    for each in statements:
        if not isinstance(each, ast.ImportFrom) or not each.module:
            return None
        if each.module == "__future__":
            continue
        if each.level != 1 or any(alias.name == "*" for alias in each.names):
            return None
        for alias in each.names:
            exports[alias.asname or alias.name] = each.module, alias.name
    return exports
