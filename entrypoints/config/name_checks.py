"""Checks the names of variables: misspelled ones, and those that count only with our prefix."""

from collections.abc import Collection, Iterable, Iterator

from entrypoints.config.env_file_source import EnvFileSource
from entrypoints.config.settings import Settings
from entrypoints.config.variable_names import BUDGETS, FILE_SUFFIX, PREFIX, ending, nearest
from entrypoints.config.variable_source import VariableSource, is_secret


class NameChecks:
    """What is wrong with the names of variables, once both sources have been read.

    A misspelled budget is a fault, because without it no limit would hold, and the names of the
    budgets are too long to be another program's. Any other misspelling is a note.
    """

    def __init__(
        self,
        kind: type[Settings],
        fields: Collection[str],
        environment: VariableSource,
        from_file: EnvFileSource,
    ) -> None:
        secrets = [name for name, field in kind.model_fields.items() if is_secret(field)]
        self._names = [*kind.model_fields, *(name + FILE_SUFFIX for name in secrets)]
        self._prefixed = [PREFIX + name for name in self._names]
        self._fields = fields
        self._environment = environment
        self._from_file = from_file

    def faults(self) -> list[str]:
        """Misspelled budgets, and lines of the file that set none of our variables."""
        return [*self._misspelled_budgets(), *self._broken_lines()]

    def notes(self) -> Iterator[str]:
        """All other variables that were not used, and that a person may have meant."""
        yield from self._passed_over()
        yield from self._ignored()
        for name, meant, place in self._misspellings():
            if not self._is_missing_budget(name, meant):
                yield _misspelling(name, meant, place)

    def _misspelled_budgets(self) -> list[str]:
        return [
            f"{_misspelling(name, meant, place)} Without it, no such limit would hold."
            for name, meant, place in self._misspellings()
            if self._is_missing_budget(name, meant)
        ]

    def _is_missing_budget(self, given: str, meant: str | None) -> bool:
        if meant is None:  # with our prefix, and far from every name
            return "budget" in given
        name = meant.removeprefix(PREFIX)
        read = (self._environment.read_from, self._from_file.read_from)
        return name.startswith(BUDGETS) and not any(name in each for each in read)

    def _misspellings(self) -> Iterator[tuple[str, str | None, str]]:
        """Each name, the one that was meant, and the file in words."""
        budgets = [name for name in self._names if name.startswith(BUDGETS)]
        yield from self._in(self._environment.variables, budgets, "")
        file = self._from_file
        read = [name for name in self._names if file.is_read(name.removesuffix(FILE_SUFFIX))]
        yield from self._in(file.variables, read, f" in {file.file_name}")

    def _in(
        self, variables: Iterable[str], plain: Collection[str], place: str
    ) -> Iterator[tuple[str, str | None, str]]:
        for name in variables:
            if name in self._names or name in self._prefixed:
                continue
            if name.startswith(PREFIX):
                rest = name.removeprefix(PREFIX)
                near = nearest(name, self._prefixed)
                last = None if near else ending(rest, self._names)
                yield name, near or (last and PREFIX + last), place
            elif meant := nearest(name, [*plain, *self._long_names(name)]):
                yield name, meant, place

    def _long_names(self, name: str) -> list[str]:
        """The prefixed names, if this name could be one of them with a misspelled prefix."""
        return self._prefixed if "image" in name or name.startswith(("gpt", "gp_")) else []

    def _broken_lines(self) -> Iterator[str]:
        file = self._from_file.file
        for word, line in (file.broken_lines if file else {}).items():
            name = word.removeprefix(PREFIX)
            counts = name in self._fields and (name != word or self._from_file.is_read(name))
            if counts:
                yield (
                    f"{word.upper()}: Line {line} of {self._from_file.file_name} sets no value. "
                    f"Write {word.upper()}=value"
                )

    def _passed_over(self) -> Iterator[str]:
        file, used = self._from_file, self._environment.read_from | self._from_file.read_from
        names = [
            name.upper()
            for name in self._fields
            if file.variables.get(name) and not file.is_read(name) and name not in used
        ]
        if names:
            prefixed = f"{PREFIX.upper()}{names[0]}"
            yield (
                f"{', '.join(names)} in {file.file_name} {'was' if len(names) == 1 else 'were'} "
                "not used, because other programs use such names too. For this program, write "
                f"{prefixed}{' and so on' if len(names) > 1 else ''}."
            )

    def _ignored(self) -> Iterator[str]:
        for name, reason in self._from_file.ignored.items():
            yield f"{name.upper()} in {self._from_file.file_name} was not used: {reason}."


def _misspelling(name: str, meant: str | None, place: str) -> str:
    advice = f"Did you mean {meant.upper()}?" if meant else "docs/configuration.md lists all names."
    return f"{name.upper()}{place} is not a setting. {advice}"
