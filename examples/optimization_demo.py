"""Compare four formats of one image: a table of sizes, and a contact sheet.

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


def fetch_formats(url: str, prompt: str) -> tuple[dict[str, bytes], str]:
    """The image in each format, generated and paid for once, and how `auto` encoded it."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(base_url=url, headers=headers, timeout=httpx2.Timeout(None)) as client:
        body = {"prompt": prompt, "format": "auto"}
        response = client.post("/images", params={"inline": True}, json=body)
        if response.status_code != 201:
            raise SystemExit(response.text)
        (image,) = response.json()["images"]
        formats = {
            name: client.get(f"/images/{image['id']}", params={"format": name}).content
            for name in ("png", "jpeg", "webp")
        }
    how = image["rendition"]["how"] if "rendition" in image else "kept the original"
    return {**formats, "auto": b64decode(image["data"])}, how


def size_table(formats: dict[str, bytes], how: str) -> Table:
    """The bytes of each format, and the share of the PNG that it saves."""
    table = Table("format", title="One image in four formats", caption=f"auto: {how}")
    table.add_column("bytes", justify="right")
    table.add_column("saved", justify="right")
    for name, data in formats.items():
        table.add_row(name, f"{len(data):,}", f"{1 - len(data) / len(formats['png']):.0%}")
    return table


def contact_sheet(formats: dict[str, bytes]) -> Image.Image:
    """Each format as a whole image, with its center at full resolution below it."""
    step, lower = TILE + MARGIN, MARGIN + TILE + LABEL
    sheet = Image.new("RGB", (MARGIN + step * len(formats), lower + TILE + MARGIN), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for number, (name, data) in enumerate(formats.items()):
        left, image = MARGIN + step * number, Image.open(BytesIO(data)).convert("RGBA")
        small = ImageOps.contain(image, (TILE, TILE))
        x, y = (image.width - TILE) // 2, (image.height - TILE) // 2
        center = image.crop((x, y, x + TILE, y + TILE))
        sheet.paste(small, (left, MARGIN), small)
        sheet.paste(center, (left, lower), center)
        draw.text((left, lower - 28), f"{name} · {len(data) / 1024:,.0f} KiB", "black", font)
    return sheet


def main() -> None:
    """Parse the command line, print the table, and write the contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="URL of the running server")
    parser.add_argument("--out", type=Path, default=Path("formats.png"), help="the contact sheet")
    options = parser.parse_args()
    formats, how = fetch_formats(options.url, options.prompt)
    Console().print(size_table(formats, how))
    contact_sheet(formats).save(options.out)
    print(f"Saved the contact sheet to {options.out}")


if __name__ == "__main__":
    main()
