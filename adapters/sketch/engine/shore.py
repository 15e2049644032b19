"""Scenes by the water: far shores, headlands, boats and the near bank."""

from adapters.sketch.engine.brush_strokes import brush_scene
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.subjects.bridge import draw_bridge
from adapters.sketch.engine.subjects.placement import place, place_afloat
from adapters.sketch.engine.subjects.skyline import draw_skyline
from adapters.sketch.engine.terrain import Profile, crest, draw_ridge, height_at, peaks
from adapters.sketch.engine.vegetation import draw_grass, draw_tree_row
from adapters.sketch.engine.water import draw_water


def draw_shore(scene: Scene) -> None:
    """Draw everything below the sky, starting with what the water reflects."""
    plan, unit = scene.plan, scene.unit
    names = plan.scenery
    _draw_far_shore(scene)
    brush_scene(scene)
    if "city" in names:
        draw_skyline(scene)
    if "forest" in names:
        draw_tree_row(scene, [scene.horizon + 1.0] * 64, 0.45, unit * 0.09, 0.3)
    if plan.standing or "island" in names:
        _draw_headland(scene)
    if "bridge" in names:
        draw_bridge(scene)
    draw_water(scene)
    if "boat" in names or not (plan.standing or names & {"city", "bridge", "mountain"}):
        _draw_boats(scene)
    if "bridge" not in names and "city" not in names:
        _draw_bank(scene)


def _draw_far_shore(scene: Scene) -> None:
    names, horizon, unit = scene.plan.scenery, scene.horizon, scene.unit
    if not names & {"mountain", "hill", "forest"}:
        low = crest(scene.rng, horizon - unit * 0.02, unit * 0.02, 0.56)
        draw_ridge(scene, low, horizon + 2, 0.15, rocky=False)
        return
    rows = 3 if "mountain" in names else 2
    for at in range(rows):
        depth = 0.12 + 0.5 * at / (rows - 1)
        rise = unit * ((0.34 if "mountain" in names else 0.11) * (1 - 0.62 * at / rows) + 0.01)
        rocky = "mountain" in names and at < 2
        middle = horizon - rise * 0.6
        profile = (
            peaks(scene.rng, middle, rise * 0.5, scene.rng.randint(2, 3 + at))
            if rocky
            else crest(scene.rng, middle * 0.5 + horizon * 0.5, rise * 0.4, 0.5)
        )
        draw_ridge(scene, profile, horizon + 2, depth, rocky)


def _draw_headland(scene: Scene) -> None:
    """Draw a headland from the side, or an island, with the things on it."""
    plan, width, unit = scene.plan, scene.size[0], scene.unit
    island = "island" in plan.scenery
    rough = crest(scene.rng, 0, 1.0, 0.6, start=3)
    profile = []
    for at, bump in enumerate(rough):
        share = at / (len(rough) - 1)
        away = (share - plan.subject) * plan.side * width / unit
        reach = 0.3 if away < 0 or island else 0.9
        hill = max(0.0, 1 - (away / reach) ** 2) ** 0.8
        profile.append(scene.horizon + 3 - unit * hill * (0.085 + 0.016 * bump))
    draw_ridge(scene, profile, scene.horizon + 2, 0.72, rocky=False)
    crown = height_at(profile, plan.subject) + unit * 0.012
    if plan.winter or "forest" in plan.scenery or (island and not plan.standing):
        draw_tree_row(scene, _sink_below_water(profile, scene.horizon), 0.7, unit * 0.09, 0.5)
    for at, name in enumerate(plan.standing[:2]):
        place(scene, name, ((plan.subject + at * plan.side * 0.16) * width, crown), depth=0.85)


def _sink_below_water(profile: Profile, horizon: int) -> Profile:
    """The crest, moved far below the image where there is only water."""
    return [down if down < horizon - 4 else horizon * 3.0 for down in profile]


def _draw_boats(scene: Scene) -> None:
    width, height = scene.size
    water_height, plan = height - scene.horizon, scene.plan
    share = 1 - plan.subject if plan.standing or "island" in plan.scenery else plan.subject
    far = (1 - share + scene.rng.uniform(-0.1, 0.1)) * width
    place_afloat(scene, "boat", (far, scene.horizon + water_height * 0.07), 0.3, 0.45)
    near = (share * width, scene.horizon + water_height * 0.34)
    place_afloat(scene, "boat", near, 1.25, 1.0)


def _draw_bank(scene: Scene) -> None:
    """Draw a dark corner of land in the foreground, for depth."""
    height = scene.size[1]
    bump = crest(scene.rng, 0, 1.0, 0.5)
    profile = []
    for at, rough in enumerate(bump):
        share = at / (len(bump) - 1)
        inward = share if scene.plan.side > 0 else 1 - share
        rise = max(0.0, 1 - inward / 0.62) ** 1.4
        profile.append(height * (1.03 - 0.16 * rise) + rough * scene.unit * 0.008)
    draw_grass(scene, profile, scene.unit * 0.06)
    draw_ridge(scene, profile, height * 1.3, 1.0, rocky=False)
