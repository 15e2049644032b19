"""The colors of an image: light first, then the things in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from adapters.sketch.engine.colors import RGB, lit_by, luminance, mix, parse_hex
from adapters.sketch.engine.prompt_words import PromptHints


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Sky from `zenith` to `horizon`; distant things fade to `far`; `ambient` lights all things.

    `backlight` (0 to 1) is the share of `shadow` in a thing's color; `dark` (0 to 1) is how dark
    the scene is: it controls lamps and windows.
    """

    zenith: RGB
    sky: RGB
    horizon: RGB
    sun: RGB
    far: RGB
    shadow: RGB
    ambient: RGB
    backlight: float
    dark: float
    ground: RGB
    foliage: tuple[RGB, ...]
    water: RGB
    accents: Mapping[str, RGB]

    def local(self, color: RGB, depth: float = 1.0) -> RGB:
        """The color as it looks in this light; `depth` 0 is far away and 1 near."""
        seen = mix(lit_by(color, self.ambient), self.shadow, self.backlight)
        return mix(seen, self.far, (1 - depth) * 0.88)


# zenith, sky, horizon, sun, far, shadow, ambient, backlight, dark
LIGHTS = {
    "dawn": ("5877a8 c8a3bf ffd8b4 fff2d4 a397c4 35426f e4c4bc", 0.46, 0.15),
    "morning": ("5f9ccb a9d3e4 fdeccb fff6dc a3bfcd 34566a fff2dc", 0.14, 0.0),
    "noon": ("2f7fc4 7dbde4 e3f2ee fffbe8 9dc0d6 2d5570 fffaf0", 0.08, 0.0),
    "sunset": ("44457f cf6f74 ffc069 ffe9b0 a86f86 33234a e8996f", 0.5, 0.25),
    "dusk": ("1f2c5c 6f62a0 f0a290 ffd9b8 6a6399 1c1f42 9a86b0", 0.58, 0.6),
    "night": ("081029 14294f 3b5a8c f4edd0 2c4672 0a1228 5f78a8", 0.6, 1.0),
    "moonlit": ("0b1f3c 1f4a70 86aebb fbf5dc 47708c 0c1a2e 7fa0b4", 0.56, 0.85),
}
SEASON_GROUND = {
    "spring": "93b864",
    "summer": "7c9d4e",
    "autumn": "b98a45",
    "winter": "eef3f8",
}
SEASON_FOLIAGE = {
    "spring": "f2b6c6 f7d3da a9c86a e895ae",
    "summer": "5d8a46 7ba352 46733f 8fae5a",
    "autumn": "d9822b c4502c e6ac3a a8432f",
    "winter": "dfe8ef c6d4e0 9fb3c4 f4f7fa",
}
DESERT = parse_hex("e2ad6c")
SLATE, FOG = parse_hex("4d5a66"), parse_hex("e8ebe8")


def choose_palette(hints: PromptHints, time: str, desert: bool, rng: Random) -> Palette:
    """The light of the time of day, changed by season, weather and the prompt's colors."""
    codes, backlight, dark = LIGHTS[time]
    zenith, sky, horizon, sun, far, shadow, ambient = (parse_hex(code) for code in codes.split())
    season = hints.season or rng.choice(("spring", "summer", "summer", "autumn"))
    ground = DESERT if desert else parse_hex(SEASON_GROUND[season])
    palette = Palette(
        zenith=zenith,
        sky=sky,
        horizon=horizon,
        sun=sun,
        far=far,
        shadow=shadow,
        ambient=ambient,
        backlight=backlight,
        dark=dark,
        ground=ground,
        foliage=tuple(parse_hex(code) for code in SEASON_FOLIAGE[season].split()),
        water=mix(parse_hex("2c7a8c"), zenith, 0.5),
        accents=hints.colored,
    )
    return _apply_object_colors(_mood(_weather(palette, hints.weather), hints.moods), hints.colored)


def _weather(palette: Palette, weather: frozenset[str]) -> Palette:
    if "storm" in weather or "rain" in weather:
        gray = mix(SLATE, palette.shadow, palette.dark * 0.5)
        return replace(
            palette,
            zenith=mix(palette.zenith, mix(gray, (0, 0, 0), 0.3), 0.75),
            sky=mix(palette.sky, gray, 0.7),
            horizon=mix(palette.horizon, mix(gray, FOG, 0.5), 0.45),
            far=mix(palette.far, gray, 0.6),
            ambient=mix(palette.ambient, gray, 0.35),
            water=mix(palette.water, gray, 0.6),
        )
    if "fog" in weather:
        veil = mix(palette.horizon, mix(FOG, palette.sky, 0.3 + palette.dark * 0.5), 0.45)
        return replace(
            palette,
            sky=mix(palette.sky, veil, 0.5),
            zenith=mix(palette.zenith, veil, 0.25),
            horizon=veil,
            far=mix(palette.far, veil, 0.4),
            ground=mix(palette.ground, palette.far, 0.15),
            shadow=mix(palette.shadow, veil, 0.12),
        )
    return palette


def _mood(palette: Palette, moods: tuple[RGB, ...]) -> Palette:
    """Use the prompt's colors as light (the brightest) and as shadow (the darkest)."""
    if not moods:
        return palette
    ranked = sorted(moods, key=luminance)
    deep, light = ranked[0], ranked[-1]
    middle = ranked[len(ranked) // 2]
    return replace(
        palette,
        zenith=mix(palette.zenith, mix(deep, palette.zenith, 0.3), 0.75),
        sky=mix(palette.sky, middle, 0.6),
        horizon=mix(palette.horizon, mix(light, (255, 250, 235), 0.35), 0.7),
        far=mix(palette.far, mix(middle, palette.far, 0.3), 0.6),
        shadow=mix(palette.shadow, mix(deep, (10, 8, 24), 0.6), 0.6),
        ambient=mix(palette.ambient, mix(light, (255, 255, 255), 0.5), 0.45),
        water=mix(palette.water, deep, 0.6),
    )


def _apply_object_colors(palette: Palette, colored: Mapping[str, RGB]) -> Palette:
    """Apply the prompt's colors of land, trees and water."""
    water = colored.get("water", colored.get("island"))
    land = colored.get("hill", colored.get("mountain", colored.get("desert")))
    leaves = colored.get("forest", colored.get("tree"))
    if water:
        palette = replace(palette, water=mix(water, palette.water, 0.25))
    if land:
        palette = replace(palette, ground=mix(land, palette.ground, 0.25))
    if leaves:
        tints = tuple(mix(leaves, leaf, 0.3) for leaf in palette.foliage)
        palette = replace(palette, foliage=tints)
    return palette
