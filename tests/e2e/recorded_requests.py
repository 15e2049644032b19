"""Requests of public programs, as their sources build them, and what each reads of the response."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.testkit.fakes import mask, small_image

TOKEN = "a-token-of-the-tests-7d20"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = "https://playground.example"
PROMPT = "a lighthouse above a quiet sea"
SIDE = (64, 64)
TEAL, NAVY = small_image("teal", SIDE).data, small_image("navy", SIDE).data
MASK = mask(SIDE).data
GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
DEFAULT = "gpt-image-2.6-flare"
"""The model that serves requests for retired ones."""

Form = Sequence[tuple[str, str | bytes]]
"""The fields of a form; bytes are files."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A request and what its program does with the response.

    `sent` are fields of the call to the provider, `notes` words of X-Notes, `fields` the names of
    the provider's files.
    """

    path: str = GENERATIONS
    headers: Mapping[str, str] = field(default_factory=lambda: BEARER)
    body: Mapping[str, Any] | Form
    reads: Literal["b64_json", "url"] = "b64_json"
    sent: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[str] = ()
    notes: Sequence[str] = ()

    def encoded(self) -> tuple[str, bytes]:
        """The content type and the body."""
        if isinstance(self.body, Mapping):
            return "application/json", json.dumps(self.body).encode()
        return form(self.body)


def form(fields: Form) -> tuple[str, bytes]:
    """The content type and the body of a form, as `form-data` of npm writes it."""
    boundary = "--------------------------135872409468212"
    parts = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head += '; filename="image.png"\r\nContent-Type: image/png'
        raw = value if isinstance(value, bytes) else value.encode()
        parts.append(head.encode() + b"\r\n\r\n" + raw + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--".encode()


def data_url(image: bytes) -> str:
    return f"data:image/png;base64,{b64encode(image).decode()}"


def asked(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"prompt": PROMPT, **options}


RECORDED: dict[str, Recorded] = {
    # open-webui backend/open_webui/routers/images.py, image_generations: without response_format
    # for names that start with gpt-image; the size is 512x512 unless it is set
    "Open WebUI": Recorded(
        body=asked(model="gpt-image-1", n=1, size="512x512"),
        sent={"model": DEFAULT, "size": "1024x1024"},
        notes=("gpt-image-1 retired", "size 512x512"),
    ),
    "Open WebUI, another model, Azure's version, parameters of its operator": Recorded(
        path=f"{GENERATIONS}?api-version=2025-04-01-preview",
        body=asked(model="dall-e-3", n=1, response_format="b64_json", quality="hd", steps=20),
        sent={"model": DEFAULT, "quality": "high"},
        notes=("dall-e-3 retired", "quality hd"),
    ),
    # the same file, image_edits: one image as `image`, several as `image[]`; numbers are texts
    "Open WebUI, an edit": Recorded(
        path=EDITS,
        body=[("model", "gpt-image-1.5"), ("prompt", PROMPT), ("image", TEAL)],
        files=["image[]"],
        sent={"model": "gpt-image-1.5"},
    ),
    "Open WebUI, an edit of two images": Recorded(
        path=EDITS,
        body=[
            *(("model", "dall-e-2"), ("prompt", PROMPT), ("n", "2"), ("size", "1024x1536")),
            *(("background", "opaque"), ("response_format", "b64_json")),
            *(("image[]", TEAL), ("image[]", NAVY)),
        ],
        files=["image[]", "image[]"],
        sent={"n": "2", "size": "1024x1536", "background": "opaque"},
    ),
    # LibreChat api/app/clients/tools/structured/OpenAIImageTools.js, with Azure's variables: the
    # SDK sends both headers, axios only api-key, and only `image[]`
    "LibreChat": Recorded(
        path=f"{GENERATIONS}?api-version=2025-04-01-preview",
        headers={**BEARER, "api-key": TOKEN, "x-stainless-retry-count": "0"},
        body=asked(
            model="gpt-image-1",
            n=1,
            background="auto",
            output_format="webp",
            output_compression=100,
            quality="auto",
            size="auto",
        ),
        sent={"output_format": "webp", "output_compression": 100, "size": "auto"},
        notes=("gpt-image-1 retired",),
    ),
    "LibreChat, an edit": Recorded(
        path=f"{EDITS}?api-version=2025-04-01-preview",
        headers={"api-key": TOKEN},
        body=[
            *(("model", "gpt-image-1"), ("prompt", PROMPT), ("quality", "auto"), ("size", "auto")),
            ("image[]", TEAL),
        ],
        files=["image[]"],
        sent={"model": DEFAULT},
    ),
    # n8n packages/@n8n/nodes-langchain/nodes/vendors/OpenAi/v2/actions/image/*.operation.ts:
    # response_format only for names that do not start with gpt-image
    "n8n": Recorded(
        body=asked(model="gpt-image-1-mini", size="1024x1024", quality="medium"),
        sent={"model": "gpt-image-1-mini", "quality": "medium"},
    ),
    "n8n, links": Recorded(
        body=asked(
            model="dall-e-3", response_format="url", quality="hd", style="vivid", size="1792x1024"
        ),
        reads="url",
        sent={"quality": "high", "size": "1792x1024"},
    ),
    "n8n, an edit": Recorded(
        path=EDITS,
        body=[
            ("image[]", TEAL),
            *(("prompt", PROMPT), ("model", "gpt-image-1"), ("n", "1"), ("size", "1024x1024")),
            *(("input_fidelity", "high"), ("output_compression", "100"), ("quality", "standard")),
            ("mask", MASK),
        ],
        files=["image[]", "mask"],
        sent={"quality": "medium", "size": "1024x1024"},
    ),
    # lobe-chat packages/model-runtime/src/core/openaiCompatibleFactory/createImage.ts: every
    # parameter of its form, whether the model has it or not
    "LobeHub": Recorded(
        body=asked(
            model="gpt-image-2", n=1, size="1024x1536", aspectRatio="2:3", seed=None, cfg=2.5
        ),
        sent={"model": "gpt-image-2", "size": "1024x1536"},
    ),
    "LobeHub, an edit": Recorded(
        path=EDITS,
        body=[
            *(("model", "gpt-image-2"), ("n", "1"), ("input_fidelity", "high")),
            *(("prompt", PROMPT), ("image", TEAL)),
        ],
        files=["image[]"],
    ),
    # Cherry Studio by the Vercel AI SDK before 3.0, openai-compatible-image-model.ts
    "Cherry Studio": Recorded(
        body=asked(model="gpt-image-2", n=2, size="1024x1024", response_format="b64_json"),
        sent={"n": 2},
    ),
    # dify-official-plugins tools/openai/tools/gpt_image_2_edit.py, by OpenAI's SDK
    "Dify": Recorded(
        body=asked(
            model="gpt-image-2",
            n=1,
            size="auto",
            quality="auto",
            background="auto",
            moderation="low",
            output_format="jpeg",
            output_compression=90,
        ),
        sent={"moderation": "low", "output_format": "jpeg", "output_compression": 90},
    ),
    "Dify, an edit": Recorded(
        path=EDITS,
        body=[
            *(("model", "gpt-image-2"), ("prompt", PROMPT), ("n", "1"), ("size", "1536x1024")),
            *(("image[]", TEAL), ("image[]", NAVY), ("mask", MASK)),
        ],
        files=["image[]", "image[]", "mask"],
        sent={"size": "1536x1024"},
    ),
    # MaxKB apps/models_provider/impl/openai_model_provider/model/tti.py: reads `url` only, so
    # response_format is among the parameters that its user adds (MaxKB#4538)
    "MaxKB": Recorded(
        body=asked(
            model="dall-e-3", size="1024x1024", quality="standard", n=1, response_format="url"
        ),
        reads="url",
        sent={"quality": "medium"},
    ),
    "AnythingLLM": Recorded(body=asked(model="gpt-image-2", n=1, size="1024x1024")),
    # Newelle src/handlers/image_generator/openai_image_handler.py
    "Newelle": Recorded(
        body=asked(model="gpt-image-1", size="512x512", n=1), notes=("gpt-image-1 retired",)
    ),
    "Newelle, another model": Recorded(
        body=asked(model="gpt-image-2", size="512x768", n=1, response_format="url"),
        reads="url",
        notes=("size 512x768",),
    ),
    # llmgateway#1756 and xAI's API
    "llmgateway, an edit": Recorded(
        path=EDITS,
        body=asked(
            model="gpt-image-2",
            images=[{"image_url": data_url(TEAL)}, {"image_url": data_url(NAVY)}],
            mask={"image_url": data_url(MASK)},
        ),
        files=["image[]", "image[]", "mask"],
    ),
    "xAI, an edit": Recorded(
        path=EDITS,
        body=asked(model="gpt-image-2", n=1, image={"url": data_url(TEAL), "type": "image_url"}),
        files=["image[]"],
    ),
    "xAI, an edit for a link": Recorded(
        path=EDITS,
        body=asked(image={"url": data_url(TEAL)}, response_format="url"),
        reads="url",
        files=["image[]"],
    ),
    # sub2api has both routes without /v1 too
    "sub2api": Recorded(path="/images/generations", body=asked(model="gpt-image-2")),
    "sub2api, an edit": Recorded(
        path="/images/edits", body=[("prompt", PROMPT), ("image", TEAL)], files=["image[]"]
    ),
    # form libraries that number the entries of a list, as axios does with `indexes: true`
    "a form with numbered images": Recorded(
        path=EDITS,
        body=[("prompt", PROMPT), ("image[0]", TEAL), ("image[1]", NAVY)],
        files=["image[]", "image[]"],
    ),
    "a page of CORS_ORIGIN": Recorded(
        headers={**BEARER, "Origin": PAGE, "x-stainless-lang": "js", "OpenAI-Organization": "org"},
        body=asked(),
    ),
}
