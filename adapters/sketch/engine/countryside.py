"""Scenes on land: ridge behind ridge, with fields, trees and buildings."""

from adapters.sketch.engine.brush_strokes import brush_scene
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.subjects.placement import place
from adapters.sketch.engine.subjects.skyline import draw_skyline
from adapters.sketch.engine.terrain import Profile, crest, draw_ridge, height_at, peaks
from adapters.sketch.engine.vegetation import draw_bushes, draw_flowers, draw_grass, draw_tree_row


def draw_countryside(scene: Scene) -> None:
    """Draw everything below the sky."""
    profiles = _draw_ridges(scene)
    plan, width, unit = scene.plan, scene.size[0], scene.unit
    brush_scene(scene)
    if "city" in plan.scenery:
        draw_skyline(scene)
    if "forest" in plan.scenery:
        first = 2 if "mountain" in plan.scenery else 1
        for at, profile in enumerate(profiles[first:], start=first):
            depth = at / (len(profiles) - 1)
            draw_tree_row(scene, profile, 0.15 + 0.85 * depth, unit * (0.05 + 0.17 * depth**2), 0.4)
    else:
        for at, profile in enumerate(profiles[1:-1], start=1):
            draw_bushes(scene, profile, 0.15 + 0.2 * at, unit * (0.014 + 0.016 * at))
    ground = profiles[-2]
    for at, name in enumerate(plan.standing[:3]):
        share = plan.subject - at * plan.side * 0.27
        foot = height_at(ground, share) + unit * 0.015
        place(scene, name, (share * width, foot), depth=0.92)
        if name == "village":
            _neighbors(scene, ground, share)
    if "flower" in plan.scenery:
        draw_flowers(scene, profiles[-2])
    if not plan.scenery & {"forest", "city"}:
        _frame(scene, profiles[-1])
    draw_grass(scene, profiles[-1], unit * 0.035)


def _neighbors(scene: Scene, profile: Profile, share: float) -> None:
    """Draw more houses around the first one, smaller with distance."""
    for aside, up, scale in ((-0.16, -0.012, 0.8), (0.15, 0.0, 0.9), (0.26, 0.03, 1.1)):
        at = share - scene.plan.side * aside * scene.unit / scene.size[0]
        foot = height_at(profile, at) + (0.015 + up) * scene.unit
        place(scene, "village", (at * scene.size[0], foot), scale, 0.75 + 0.15 * scale)


def _frame(scene: Scene, profile: Profile) -> None:
    """Draw near trees on the side without the subject, for depth."""
    share, (width, _), rng = 0.5 - 0.4 * scene.plan.side, scene.size, scene.rng
    for aside, scale in ((0.0, rng.uniform(0.8, 1.1)), (0.13, rng.uniform(0.45, 0.6))):
        at = share + (aside + rng.uniform(-0.02, 0.02)) * scene.plan.side
        place(scene, "tree", (at * width, height_at(profile, at) + scene.unit * 0.02), scale, 1.0)


def _draw_ridges(scene: Scene) -> list[Profile]:
    plan, height, unit = scene.plan, scene.size[1], scene.unit
    mountains = "mountain" in plan.scenery
    count, profiles = 5, []
    for at in range(count):
        near = at / (count - 1)
        middle = scene.horizon + (height * 0.94 - scene.horizon) * near**1.35
        rocky = mountains and at < 2
        swing = unit * ((0.16 - 0.05 * at) if rocky else 0.035 + 0.02 * near)
        profile = (
            peaks(scene.rng, middle - swing * 0.7, swing, scene.rng.randint(2, 3))
            if rocky
            else crest(scene.rng, middle - swing * 0.4, swing, 0.36)
        )
        if at == count - 2 and plan.standing:
            profile = _raise_hill(
                scene, profile, unit * (0.13 if "castle" in plan.standing else 0.03)
            )
        draw_ridge(scene, profile, height + unit * (0.5 * near - 0.1), 0.1 + 0.9 * near, rocky)
        profiles.append(profile)
    return profiles


def _raise_hill(scene: Scene, profile: Profile, rise: float) -> Profile:
    """The same crest with a hill below the subject."""
    spread = 0.3 * scene.unit / scene.size[0]
    last = len(profile) - 1
    return [
        down - rise / (1 + ((at / last - scene.plan.subject) / spread) ** 4)
        for at, down in enumerate(profile)
    ]
