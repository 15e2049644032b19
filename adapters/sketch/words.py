"""What the words of a prompt ask of a painting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sketch.colors import RGB, named

TIMES = {
    "dawn": "dawn sunrise daybreak",
    "morning": "morning breakfast",
    "noon": "noon midday day daytime sunny sunlight bright afternoon",
    "sunset": "sunset evening golden",
    "dusk": "dusk twilight",
    "night": "night midnight nocturnal starry dark",
    "moonlit": "moonlit moonlight moon moonrise",
}
SEASONS = {
    "spring": "spring blossom cherry april may",
    "summer": "summer july august",
    "autumn": "autumn fall october november harvest",
    "winter": "winter snow snowy frozen ice icy christmas snowfall",
}
WEATHER = {
    "fog": "fog foggy mist misty haze hazy",
    "storm": "storm stormy thunder tempest",
    "rain": "rain rainy drizzle",
    "clear": "clear cloudless calm",
    "cloud": "cloud cloudy overcast",
    "snowfall": "snow snowing snowfall blizzard",
}
SCENERY = {
    "water": "sea ocean lake river water bay harbor harbour coast beach shore pond fjord wave",
    "mountain": "mountain peak alps alpine summit cliff volcano everest fjord",
    "hill": "hill valley field countryside farm vineyard highland pasture",
    "forest": "forest wood woodland pine jungle grove fir taiga",
    "desert": "desert dune sahara sand oasis mars martian",
    "city": "city skyline downtown skyscraper metropolis urban street cyberpunk",
    "village": "town village hamlet",
    "house": "house cottage cabin hut home barn",
    "bridge": "bridge viaduct",
    "lighthouse": "lighthouse beacon",
    "boat": "boat ship sail sailboat sailing yacht schooner",
    "bird": "bird gull seagull flock swallow crane eagle",
    "flower": "flower meadow poppy tulip lavender rose daisy garden wildflower",
    "island": "island isle islet",
    "castle": "castle tower fortress palace",
    "balloon": "balloon airship",
    "tree": "tree oak willow maple birch orchard",
    "windmill": "windmill mill",
    "cat": "cat kitten kitty",
    "sun": "sun",
    "moon": "moon",
    "star": "star galaxy constellation space cosmos",
}
COLORS = {
    "red": "cf3b2e", "crimson": "b01e3a", "scarlet": "d8321f", "coral": "f4836a",
    "orange": "ee8a2e", "amber": "f2a93b", "gold": "f0bd45", "yellow": "f5d04c",
    "green": "5c9a4b", "emerald": "2f9463", "olive": "8a8c45", "mint": "9fd8ba",
    "teal": "23888a", "turquoise": "45b8b4", "cyan": "4fc1d6", "blue": "3a72b8",
    "azure": "4a97dc", "navy": "1f3560", "indigo": "453f8f", "violet": "7a55b0",
    "purple": "7b3f98", "lavender": "b3a0dc", "magenta": "bf3f8c", "pink": "f0a0b8",
    "rose": "dc7a8e", "peach": "f8bd98", "brown": "8a5a3c",
    "white": "f6f3ec", "silver": "c3ccd4", "gray": "8d949c", "black": "23232b",
    "ochre": "c98a35", "grey": "8d949c",  # codespell:ignore grey,ochre
}  # fmt: skip
ENDINGS = (("", ""), ("s", ""), ("es", ""), ("ies", "y"))
"""How a word may end where the vocabulary has its singular."""
SNOWCAPS = re.compile(r"\bsnow(?:y|-?capped) (mountain|peak|alp|summit)")
"""White summits, which every range has, and no word of winter in the valley."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a prompt asks for, in words this painter knows; whatever it leaves open is None.

    `colored` says which color a thing shall have; `moods` are colors that belong to no thing.
    """

    time: str | None
    season: str | None
    weather: frozenset[str]
    scenery: tuple[str, ...]
    colored: Mapping[str, RGB]
    moods: tuple[RGB, ...]


def read(prompt: str) -> Wish:
    """Find the known words of a prompt, in any case, singular or plural."""
    words = re.findall(r"[a-z]+", SNOWCAPS.sub(r"\1", prompt.lower()))
    times, seasons = _found(TIMES, words), _found(SEASONS, words)
    colored, moods = _colors(words)
    return Wish(
        time=times[0] if times else None,
        season=seasons[0] if seasons else None,
        weather=frozenset(_found(WEATHER, words)),
        scenery=_found(SCENERY, words),
        colored=colored,
        moods=moods,
    )


def _found(vocabulary: Mapping[str, str], words: list[str]) -> tuple[str, ...]:
    """The notions that the words name, each once, in the prompt's order."""
    notions = (_notion(vocabulary, word) for word in words)
    return tuple(dict.fromkeys(notion for notion in notions if notion))


def _notion(vocabulary: Mapping[str, str], word: str) -> str | None:
    for notion, known in vocabulary.items():
        names = known.split()
        if any(
            word.endswith(many) and word.removesuffix(many) + one in names for many, one in ENDINGS
        ):
            return notion
    return None


def _colors(words: list[str]) -> tuple[dict[str, RGB], tuple[RGB, ...]]:
    """A color belongs to a thing named within the next three words, else to the whole picture."""
    colored: dict[str, RGB] = {}
    moods: list[RGB] = []
    for at, word in enumerate(words):
        if word not in COLORS:
            continue
        things = _found(SCENERY, words[at + 1 : at + 4])
        if things:
            colored.setdefault(things[0], named(COLORS[word]))
        else:
            moods.append(named(COLORS[word]))
    return colored, tuple(dict.fromkeys(moods))
