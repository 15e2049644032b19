"""Desert scenes."""

from adapters.sketch.engine.brush_strokes import brush_scene
from adapters.sketch.engine.dunes import draw_dune
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.subjects.placement import place
from adapters.sketch.engine.terrain import crest, draw_ridge


def draw_desert(scene: Scene) -> None:
    """Draw everything below the sky."""
    height, unit = scene.size[1], scene.unit
    far = crest(scene.rng, scene.horizon - unit * 0.03, unit * 0.06, 0.55)
    draw_ridge(scene, far, height, 0.15, rocky=True)
    for at in range(4):
        near = at / 3
        middle = scene.horizon + unit * 0.05 + (height * 0.9 - scene.horizon) * near**1.4
        peak = (0.5 + (0.26 if at % 2 else -0.2) * scene.plan.side) + scene.rng.uniform(-0.1, 0.1)
        draw_dune(scene, middle, unit * (0.08 + 0.12 * near), peak, near)
    brush_scene(scene)
    foot = (scene.plan.subject * scene.size[0], scene.horizon + unit * 0.14)
    name = scene.plan.standing[0] if scene.plan.standing else "cactus"
    place(scene, name, foot, depth=0.85)
