"""The words of a prompt that the engine knows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sketch.engine.colors import RGB, parse_hex

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
"""Plural endings, and the singular endings that replace them."""
SNOWCAPS = re.compile(r"\bsnow(?:y|-?capped) (mountain|peak|alp|summit)")
"""Snowy summits do not make it winter: every range is drawn with white summits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptHints:
    """The known words of a prompt; None where it names no time or no season.

    `colored` maps things to colors; `moods` are colors that belong to no thing.
    """

    time: str | None
    season: str | None
    weather: frozenset[str]
    scenery: tuple[str, ...]
    colored: Mapping[str, RGB]
    moods: tuple[RGB, ...]


def read_prompt(prompt: str) -> PromptHints:
    """Find the known words of a prompt, in upper or lower case, singular or plural."""
    words = re.findall(r"[a-z]+", SNOWCAPS.sub(r"\1", prompt.lower()))
    times, seasons = _find_notions(TIMES, words), _find_notions(SEASONS, words)
    colored, moods = _colors(words)
    return PromptHints(
        time=times[0] if times else None,
        season=seasons[0] if seasons else None,
        weather=frozenset(_find_notions(WEATHER, words)),
        scenery=_find_notions(SCENERY, words),
        colored=colored,
        moods=moods,
    )


def _find_notions(vocabulary: Mapping[str, str], words: list[str]) -> tuple[str, ...]:
    """The notions that the words name, each once, in the prompt's order."""
    notions = (_notion_of(vocabulary, word) for word in words)
    return tuple(dict.fromkeys(notion for notion in notions if notion))


def _notion_of(vocabulary: Mapping[str, str], word: str) -> str | None:
    for notion, known in vocabulary.items():
        names = known.split()
        if any(
            word.endswith(many) and word.removesuffix(many) + one in names for many, one in ENDINGS
        ):
            return notion
    return None


def _colors(words: list[str]) -> tuple[dict[str, RGB], tuple[RGB, ...]]:
    """A color belongs to a thing named within the next three words, else to the whole image."""
    colored: dict[str, RGB] = {}
    moods: list[RGB] = []
    for at, word in enumerate(words):
        if word not in COLORS:
            continue
        things = _find_notions(SCENERY, words[at + 1 : at + 4])
        if things:
            colored.setdefault(things[0], parse_hex(COLORS[word]))
        else:
            moods.append(parse_hex(COLORS[word]))
    return colored, tuple(dict.fromkeys(moods))
