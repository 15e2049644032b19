"""What people define in files: presets and styles, and what is wrong with such a file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Generic, TypeVar

from domain.errors import InvalidRequest

D = TypeVar("D", covariant=True)

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A name of a preset or a style: 1 to 40 lowercase letters, digits and hyphens."""
MAX_NAMES_SHOWN = 40
"""Names that a refusal lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionFault:
    """One thing that is wrong with a file; `key` is empty if it is about the whole file."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {f'{self.key}: ' if self.key else ''}{self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Generic[D]):
    """Everything of one kind, by name, and the faults of the names that are left out.

    `kind` is the noun for people, such as "preset".
    """

    kind: str
    by_name: Mapping[str, D] = field(default_factory=dict)
    faults: Mapping[str, tuple[DefinitionFault, ...]] = field(default_factory=dict)

    def get(self, name: str) -> D:
        """Return the definition of this name.

        Raises InvalidRequest with the faults of its file, or with the names that exist.
        """
        found = self.by_name.get(name)
        if found is not None:
            return found
        shown = name[:80]
        if name in self.faults:
            reasons = " ".join(f"{fault}." for fault in self.faults[name])
            raise InvalidRequest(
                f"The {self.kind} {shown!r} cannot be used. {reasons}",
                field=self.kind,
                hint=f"Correct the file, or use another {self.kind}. {self.names}".strip(),
            )
        near = get_close_matches(shown.lower(), self.by_name, n=1)
        hint = " ".join(filter(None, (f"Did you mean {near[0]}?" if near else "", self.names)))
        raise InvalidRequest(f"There is no {self.kind} {shown!r}.", field=self.kind, hint=hint)

    @property
    def names(self) -> str:
        """A sentence with the names that exist."""
        if not self.by_name:
            return f"No {self.kind} is defined here."
        known = [*self.by_name]
        more = ", …" if len(known) > MAX_NAMES_SHOWN else ""
        return f"Known {self.kind}s: {', '.join(known[:MAX_NAMES_SHOWN])}{more}."
