"""Mutations of good tool calls, each with an oracle: what it means, or which fields are wrong."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from json import dumps
from random import Random
from typing import Any

from domain.image import Image

Spelling = tuple[str, Any]
"""A name and a value."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "Prompt", "text", "description", "image_prompt"),
    "images": ("images", "image", "image_url", "imageIds", "input_image"),
    "mask": ("mask", "Mask", "mask_image"),
    "size": ("size", "SIZE", "image_size", "dimensions"),
    "quality": ("quality", "Quality"),
    "format": ("format", "output_format", "outputFormat", "image-format"),
    "background": ("background", "Background"),
    "output_compression": ("output_compression", "outputCompression", "compression"),
    "moderation": ("moderation", "Moderation"),
    "n": ("n", "N", "num_images", "count"),
    "partialImages": ("partialImages", "partial_images", "partials"),
    "stream": ("stream", "Stream"),
    "model": ("model", "model_name"),
    "fresh": ("fresh", "Fresh"),
    "id": ("id", "ID", "image_id", "image"),
    "limit": ("limit", "count", "max_results"),
}
"""What a client may call each argument."""
OMITTED = (None, "", " ", "null", "undefined", "None", "N/A", "default")
ADDED_BY_HOSTS: tuple[Spelling, ...] = (
    ("toolCallId", "call_7"),
    ("sessionId", {"id": 5}),
    ("action", "sendMessage"),
    ("chatInput", "draw a fox"),
    ("task_progress", "- [ ] draw"),
    ("security_context", {}),
    ("waitForPreviousTools", True),
    ("_meta", {"progressToken": 1}),
    ("seed", None),
    ("negative_prompt", ""),
    ("kwargs", {}),
    ("metadata", []),
)
WRONG: Mapping[str, tuple[Any, ...]] = {
    "prompt": ("", "   ", "\u200b", 5, ["a fox", "at night"], "x" * 32_001),
    "size": ("wide or tall", "16:9 poster", 1024, "huge", True, [1, 2, 3], {"width": 5}, "0x0"),
    "quality": ("hd", "standard", "hihg", 3, True, ["low", "high"], "low medium"),
    "format": ("gif", "svg", 1, {"a": "png"}),
    "background": ("none", "white", 0, "transprnt"),
    "output_compression": (101, -1, "180%", 0.8, True, "none", "1e1", 10**40),
    "moderation": ("none", "high", False),
    "n": (0, 5, "9", 1.5, True, "seven", "2%", -(2**70), [1, 2]),
    "partialImages": (4, -1, True, "many", 1.5),
    "stream": ("maybe", 2, [True, False], "truee"),
    "model": (5, "m" * 101, {"id": 1}),
    "fresh": ("perhaps", -1, 0.5),
    "limit": (0, 101, "all", True, 2.5),
    "images": (["~/a.png"], ["the fox image"], [5], "A" * 1_001, [f"img_{'9' * 32}"], "img_1"),
}
OTHER_VALUES: Mapping[str, Any] = {
    "prompt": "a boat",
    "size": "1024x1536",
    "quality": "low",
    "n": 3,
}
"""Valid values that the good calls do not have."""
UNKNOWN: tuple[Spelling, ...] = (
    ("sise", "auto"),
    ("qualty", "high"),
    ("style", "vivid"),
    ("response_format", "b64_json"),
    ("user", "u1"),
    ("steps", 30),
    ("guidance", 7.5),
    ("input_fidelity", "high"),
    ("guidance_scale", 7.5),
    ("seed", 0),
    ("promptt", "x"),
    ("\U0001f98a", False),
    ("a`b - at `$.c`", 1),
)


@dataclass(frozen=True, kw_only=True)
class GoodCall:
    """A call in the words of the schema. `optional` can be left out in many ways."""

    tool: str
    arguments: Mapping[str, Any]
    optional: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Mutation:
    """A mutated call. `wrong` are the fields that its answer must name; none if it is served."""

    call: GoodCall
    arguments: dict[str, Any] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Mutator:
    """Changes names and values of good calls. `image` is the one that they refer to by its ID."""

    random: Random
    image: Image

    def mutate(self, call: GoodCall) -> Mutation:
        """Change a call; about half of the calls with options get one to four faults."""
        mutation, random = Mutation(call=call), self.random
        faults = random.choice((0, 0, 0, 0, 1, 1, 2, 3, 4)) if call.optional else 0
        kinds = [random.choice(("value", "value", "name", "twice")) for _ in range(faults)]
        spoiled = random.sample(
            [*call.arguments, *call.optional], k=min(faults, 3, 1 + len(call.arguments))
        )
        plans = dict(zip(spoiled, kinds, strict=False))
        for name, value in call.arguments.items():
            self._add(mutation, name, value, plans.get(name, ""))
        for name in call.optional:
            if name in plans:
                self._spoil(mutation, name)
            elif random.random() < 0.15:
                mutation.arguments[random.choice(NAMES[name])] = random.choice(OMITTED)
        for _ in range(kinds.count("name")):
            name, value = random.choice(UNKNOWN)
            mutation.arguments[name] = value
            mutation.wrong.add(name)
        for name, value in random.sample(ADDED_BY_HOSTS, k=random.choice((0, 0, 1, 3))):
            mutation.arguments.setdefault(name, value)
        shuffled = random.sample([*mutation.arguments.items()], k=len(mutation.arguments))
        mutation.arguments = dict(shuffled)
        return mutation

    def _add(self, mutation: Mutation, name: str, value: object, plan: str) -> None:
        """Add an argument of the good call, spoiled if there is a plan to."""
        if plan == "value" or (plan and name == "images"):
            self._spoil(mutation, name)
            return
        spelling, other = self.random.sample(NAMES[name], k=2)
        mutation.arguments[spelling] = self._spelled(name, value)
        if plan == "twice":
            mutation.arguments[other] = OTHER_VALUES[name]
            mutation.wrong.add(name)

    def _spoil(self, mutation: Mutation, name: str) -> None:
        """Give an argument a wrong value."""
        wrong = self.random.choice(WRONG[name])
        mutation.arguments[self.random.choice(NAMES[name])] = wrong
        mutation.wrong.add("images[0]" if name == "images" else name)

    def _spelled(self, name: str, value: Any) -> object:  # noqa: ANN401 - any JSON value
        """The value, or another spelling of it."""
        if name == "prompt":
            return value
        if name == "id":
            return self.random.choice(self._ids(value))
        if name == "images":
            reference = self.random.choice([*self._ids(value[0]), *self._data()])
            return self.random.choice((reference, [reference], dumps([reference])))
        if isinstance(value, int):
            texts = (str(value), f" {value}.0 ", f"'{value}'")
            return self.random.choice((value, float(value), [value], *texts))
        if name == "size":
            width, _, height = value.partition("x")
            joined = (f" {width} X {height} ", f"{width}×{height}", f"{width}*{height}px")
            return self.random.choice((value, *joined, [int(width), height]))
        words = (value.upper(), f" {value.title()} ", f'"{value}"')
        return self.random.choice((value, [value], {"value": value}, *words))

    def _ids(self, image_id: str) -> list[object]:
        return [
            image_id,
            image_id.upper(),
            f'"{image_id}"',
            f"![it]({image_id})",
            f"/images/{image_id}.png",
            f"https://images.example/images/{image_id}/preview?format=png",
            {"id": image_id},
            image_id[:30],
        ]

    def _data(self) -> list[object]:
        base64 = urlsafe_b64encode(self.image.data).decode().rstrip("=")
        return [
            base64,
            f"data:image/png;base64,{base64}",
            {"type": "image", "data": base64, "mimeType": "image/png"},
            {"image_url": {"url": f"data:;base64,{base64}"}},
        ]
