"""Presets: prompts with named fields, and the options that suit them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from string import Template

from domain.errors import InvalidRequest

MAX_TEMPLATE_CHARACTERS = 8_000
MAX_VALUE_CHARACTERS = 2_000
MAX_ARGUMENTS = 12
MAX_CHOICES = 50
MAX_TEXT_CHARACTERS = 300
"""Of a title, a description, a choice or a default."""
RESERVED = frozenset({"image", "style", "model"})
"""Arguments that every preset may have: they are the tools', and no field of a template."""


class InputImages(StrEnum):
    """Whether a preset works on input images; with `optional` it does both."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetArgument:
    """A field of the template.

    `default` is used where no value is given; an empty one leaves the field's lines out. Only
    `choices` are valid, if there are any; `suggestions` are offered, and any text is valid.
    """

    name: str
    description: str
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """The values to complete from."""
        return self.choices or self.suggestions

    def value(self, given: str) -> str:
        """The value for the template; raise InvalidRequest if this one is not valid."""
        text = given.strip() or self.default
        if not text and self.required:
            raise _fault(f"{self.name} is required.", self.description)
        if len(text) > MAX_VALUE_CHARACTERS:
            raise _fault(f"{self.name} must have at most {MAX_VALUE_CHARACTERS:,} characters.")
        if not text or not self.choices:
            return text
        found = next((each for each in self.choices if each.lower() == text.lower()), None)
        if found is None:
            hint = f"Use one of: {', '.join(self.choices)}."
            raise _fault(f"{text[:80]!r} is not a valid {self.name}.", hint)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A prompt to fill in.

    A field of `template` is `$name` or `${name}`; `$$` is a dollar sign. A line with a field that
    has no value is left out. `with_images` comes before the template if there are input images.
    `options` are suggestions, by the tools' names of arguments and in their spelling.
    """

    name: str
    title: str
    description: str
    template: str
    with_images: str = ""
    images: InputImages = InputImages.NONE
    arguments: tuple[PresetArgument, ...] = ()
    options: Mapping[str, str | int] = field(default_factory=dict)

    def prompt(self, values: Mapping[str, str], *, has_images: bool) -> str:
        """The prompt with these values, which stay text whatever they contain.

        Raises one InvalidRequest for everything that is wrong with the values.
        """
        faults, filled = list(self._faults(values, has_images=has_images)), dict[str, str]()
        for argument in self.arguments:
            try:
                filled[argument.name] = argument.value(values.get(argument.name, ""))
            except InvalidRequest as error:
                faults.append(error)
        if faults:
            raise InvalidRequest.of(faults)
        text = f"{self.with_images.strip()}\n{self.template}" if has_images else self.template
        return "\n".join(_filled_lines(text, filled)).strip()

    def _faults(self, values: Mapping[str, str], *, has_images: bool) -> Iterator[InvalidRequest]:
        names = [argument.name for argument in self.arguments]
        for name in values:
            if name not in names:
                near = get_close_matches(name[:80], names, n=1)
                known = f"The arguments of {self.name}: {', '.join(names)}." if names else ""
                hint = f"Did you mean {near[0]}? {known}" if near else known
                yield _fault(f"The preset {self.name} has no argument {name[:80]!r}.", hint)
        if has_images and self.images is InputImages.NONE:
            yield InvalidRequest(
                f"The preset {self.name} takes no input images.",
                field="images",
                hint="Generate an image with it, or edit without a preset.",
            )
        if not has_images and self.images is InputImages.REQUIRED:
            yield InvalidRequest(
                f"The preset {self.name} edits an image, and there is none.",
                field="images",
                hint="Use it to edit an image, and name that image.",
            )


def _filled_lines(template: str, values: Mapping[str, str]) -> Iterator[str]:
    for line in template.splitlines():
        fields = Template(line)
        if all(values[name] for name in fields.get_identifiers()):
            yield fields.substitute(values)


def _fault(message: str, hint: str = "") -> InvalidRequest:
    return InvalidRequest(message, field="arguments", hint=hint)
