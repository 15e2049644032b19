"""One picture in four forms: what each weighs, and all of them side by side.

python examples/optimization_demo.py "a lighthouse above a quiet sea" --url http://127.0.0.1:3000
"""

import argparse
import os
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import httpx2
from PIL import Image, ImageDraw, ImageFont, ImageOps
from rich.console import Console
from rich.table import Table

TILE, MARGIN, LABEL = 420, 16, 34
"""Pixels."""


def forms(url: str, prompt: str) -> tuple[dict[str, bytes], str]:
    """The picture in each form, painted and paid for once, and what `auto` made of it."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(base_url=url, headers=headers, timeout=httpx2.Timeout(None)) as client:
        asked = {"prompt": prompt, "format": "auto"}
        answer = client.post("/images", params={"inline": True}, json=asked)
        if answer.status_code != 201:
            raise SystemExit(answer.text)
        (picture,) = answer.json()["images"]
        made = {
            form: client.get(f"/images/{picture['id']}", params={"format": form}).content
            for form in ("png", "jpeg", "webp")
        }
    how = picture["rendition"]["how"] if "rendition" in picture else "the original is best"
    return {**made, "auto": b64decode(picture["data"])}, how


def table(made: dict[str, bytes], how: str) -> Table:
    """What each form weighs, and how much of the first one that saves."""
    drawn = Table("form", title="One picture in four forms", caption=f"auto: {how}")
    drawn.add_column("bytes", justify="right")
    drawn.add_column("saved", justify="right")
    for name, data in made.items():
        drawn.add_row(name, f"{len(data):,}", f"{1 - len(data) / len(made['png']):.0%}")
    return drawn


def side_by_side(made: dict[str, bytes]) -> Image.Image:
    """A contact sheet: each picture as a whole, and below it its middle, pixel for pixel."""
    step, lower = TILE + MARGIN, MARGIN + TILE + LABEL
    sheet = Image.new("RGB", (MARGIN + step * len(made), lower + TILE + MARGIN), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for number, (name, data) in enumerate(made.items()):
        left, picture = MARGIN + step * number, Image.open(BytesIO(data)).convert("RGBA")
        small = ImageOps.contain(picture, (TILE, TILE))
        x, y = (picture.width - TILE) // 2, (picture.height - TILE) // 2
        middle = picture.crop((x, y, x + TILE, y + TILE))
        sheet.paste(small, (left, MARGIN), small)
        sheet.paste(middle, (left, lower), middle)
        pen.text((left, lower - 28), f"{name} · {len(data) / 1024:,.0f} KiB", "black", font)
    return sheet


def main() -> None:
    """Read the command line, print the table and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="the running server")
    parser.add_argument("--out", type=Path, default=Path("forms.png"), help="the contact sheet")
    options = parser.parse_args()
    made, how = forms(options.url, options.prompt)
    Console().print(table(made, how))
    side_by_side(made).save(options.out)
    print(f"Side by side in {options.out}")


if __name__ == "__main__":
    main()
