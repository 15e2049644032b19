"""The composition: which things the image shows and where, decided before drawing."""

from dataclasses import dataclass
from random import Random

from adapters.sketch.engine.prompt_words import PromptHints

THIRDS = (0.32, 0.68)
DEFAULT_TIMES = ("sunset", "morning", "dusk", "dawn", "noon", "moonlit", "night")
THEMES = (
    ("water", "mountain"),
    ("hill", "tree", "balloon"),
    ("forest", "mountain"),
    ("water", "lighthouse"),
    ("desert",),
    ("flower", "house", "hill"),
    ("water", "boat", "island"),
    ("castle", "mountain", "forest"),
)
STANDING = ("lighthouse", "castle", "windmill", "house", "village", "tree", "cat")
WATER_SCENERY = ("water", "boat", "island", "lighthouse", "bridge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Positions are shares of the image's width and height; (0, 0) is the upper left corner.

    `side` is 1 when the subject stands right of the middle and the light is left, else -1.
    """

    time: str
    ground: str
    scenery: frozenset[str]
    weather: frozenset[str]
    winter: bool
    horizon: float
    sun: tuple[float, float]
    subject: float
    side: int
    standing: tuple[str, ...]
    clouds: str

    @property
    def starry(self) -> bool:
        return self.time in ("night", "moonlit") or "star" in self.scenery

    @property
    def moon(self) -> bool:
        return self.time in ("night", "moonlit") or "moon" in self.scenery

    @property
    def disc(self) -> bool:
        """Whether sun or moon is visible."""
        return not self.weather & {"storm", "rain"}


def compose(hints: PromptHints, rng: Random) -> Plan:
    """Choose with `rng` what the hints leave open."""
    scenery = set(hints.scenery)
    if not scenery - {"sun", "moon", "star", "bird"}:
        scenery |= set(rng.choice(THEMES))
    time = hints.time or ("night" if "star" in scenery else rng.choice(DEFAULT_TIMES))
    ground = _ground(scenery, rng)
    side = rng.choice((-1, 1))
    subject = THIRDS[(side + 1) // 2] + rng.uniform(-0.04, 0.04)
    high = time in ("morning", "noon", "night", "moonlit")
    horizon = rng.uniform(0.55, 0.66) if ground == "water" else rng.uniform(0.44, 0.54)
    altitude = rng.uniform(0.14, 0.26) if high else horizon - rng.uniform(0.05, 0.16)
    return Plan(
        time=time,
        ground=ground,
        scenery=frozenset(scenery),
        weather=hints.weather,
        winter=hints.season == "winter",
        horizon=horizon,
        sun=(THIRDS[(1 - side) // 2] + rng.uniform(-0.08, 0.08), altitude),
        subject=subject,
        side=side,
        standing=tuple(name for name in STANDING if name in scenery),
        clouds=_clouds(hints.weather, time, rng),
    )


def _ground(scenery: set[str], rng: Random) -> str:
    if "desert" in scenery:
        return "desert"
    if scenery & set(WATER_SCENERY) and not scenery & {"hill", "flower"}:
        return "water"
    if scenery & {"city", "mountain"} and not scenery & {"hill", "flower", "forest", "house"}:
        return rng.choice(("water", "land")) if "mountain" in scenery else "water"
    return "water" if "water" in scenery else "land"


def _clouds(weather: frozenset[str], time: str, rng: Random) -> str:
    if weather & {"storm", "rain", "snowfall", "cloud"}:
        return "overcast"
    if weather & {"clear", "fog"}:
        return "few"
    if time in ("noon", "morning"):
        return "heaps"
    return rng.choice(("streaks", "streaks", "few"))
