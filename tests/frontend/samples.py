"""Each element in the states that people see."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tests.frontend.stage import show

if TYPE_CHECKING:
    from playwright.async_api import Page

PROMPT = "A lighthouse at dusk, oil on canvas, long shadows over the sea. " * 12
WALL = """([texts, most, thumb]) => {
  const wall = document.createElement("gallery-wall");
  const shapes = [[1024, 1024], [1536, 1024], [1024, 1536], [1024, 1024], [1920, 1080]];
  window.asked = [];
  wall.source = async (cursor) => {
    window.asked.push(cursor);
    await new Promise((done) => setTimeout(done, 20));
    const start = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(60, most - start) }, (_, at) => {
      const index = start + at;
      const [width, height] = shapes[(index * 7) % 5];
      return {
        id: `img_${index}`, width, height, model: "gpt-image-2.6-flare",
        thumb: thumb || `/landscape.png?w=${width / 8}&h=${height / 8}&hour=${(index % 5) / 5}`,
        prompt: `${index} ${texts[index % texts.length]}`, cost: index % 4 ? 0.04 : 0.0031,
        servedFrom: index % 5 ? "provider" : "memory", createdAt: "2026-11-20T10:00:00Z",
      };
    });
    return { items, next: start + 60 < most ? String(start + 60) : null };
  };
  document.querySelector("main").append(wall);
}"""
PROMPTS = [
    "A lighthouse at dusk, oil on canvas, long shadows",
    "Paper-cut foxes in a snowy forest",
    "Blueprint of a lemon squeezer",
]


async def wait_for_images(page: "Page", tag: str) -> None:
    """Wait until an image of the element is shown."""
    await page.locator(f"{tag} img.shown").first.wait_for()


async def show_wall(page: "Page", *texts: str, most: int = 10_000, thumb: str = "") -> None:
    """Put a wall of `most` images on the page, whose prompts are these texts in turn."""
    await page.evaluate(WALL, [list(texts or PROMPTS), most, thumb])


async def image_view(page: "Page") -> None:
    preview = "/landscape.png?w=256&h=170"
    await show(page, "image-view", preview=preview, src="/landscape.png?w=1536&h=1024", alt="Hills")
    await show(page, "image-view", preview=preview, before=f"{preview}&hour=0.8", alt="Hills")
    await wait_for_images(page, "image-view")


async def live_partials(page: "Page") -> None:
    await show(page, "live-partials", prompt=PROMPT, count=2, width=1536, height=1024)
    await page.locator("live-partials").evaluate(
        "(e) => { e.progress('Generating', 0.4); e.show(0, '/landscape.png?w=300&h=200'); }"
    )
    await page.locator("live-partials img").wait_for()


async def failed_partials(page: "Page") -> None:
    await show(page, "live-partials", prompt="Four foxes", count=4)
    await page.locator("live-partials").evaluate(
        "(e) => e.fail('The provider refused the prompt.', 'Rephrase the prompt.')"
    )


async def gallery_wall(page: "Page") -> None:
    await show_wall(page)
    await wait_for_images(page, "gallery-wall")


async def empty_wall(page: "Page") -> None:
    await show_wall(page, most=0)
    await page.get_by_text("No images yet").wait_for()


SPENT: dict[str, object] = {
    "unit": "USD",
    "series": ["gpt-image-2.6-flare", "gpt-image-2"],
    "points": [
        {"x": "2026-11-01", "values": [0.5, 0]},
        {"x": "2026-11-02", "values": [1.25, 0.0031]},
        {"x": "2026-11-03", "values": [2, 1]},
    ],
}
EVENTS = [
    {"at": "2026-11-28T10:00:00.000Z", "type": "started", "text": "A lighthouse"},
    {"at": "2026-11-28T10:00:00.040Z", "type": "queued", "text": "2 jobs are ahead."},
    {"at": "2026-11-28T10:00:24.000Z", "type": "finished", "text": "img_7k2m3"},
]


async def masking(page: "Page") -> None:
    await show(page, "mask-painter", src="/landscape.png?w=300&h=200")
    await page.get_by_text("Brush over what may change.").wait_for()
    await page.get_by_role("application").press("Enter")


async def mask_png(page: "Page") -> None:
    await masking(page)
    await page.get_by_role("button", name="Mask PNG").click()
    await page.get_by_text("PNG, 300").wait_for()


async def job_timeline(page: "Page") -> None:
    await show(page, "job-timeline", {"events": EVENTS})


async def cost_chart(page: "Page") -> None:
    await show(page, "cost-chart", {"data": SPENT}, label="Spent")
    await page.get_by_text("Numbers", exact=True).click()
    await page.locator("cost-chart .plot").press("ArrowRight")


async def empty_chart(page: "Page") -> None:
    await show(page, "cost-chart", label="Spent")
    await page.get_by_text("No numbers yet.").wait_for()


SAMPLES: dict[str, Callable[["Page"], Awaitable[None]]] = {
    "image-view": image_view,
    "live-partials": live_partials,
    "live-partials, failed": failed_partials,
    "gallery-wall": gallery_wall,
    "gallery-wall, empty": empty_wall,
    "mask-painter": masking,
    "mask-painter, PNG": mask_png,
    "job-timeline": job_timeline,
    "cost-chart": cost_chart,
    "cost-chart, empty": empty_chart,
}
