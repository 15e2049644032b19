"""The models that the stand-in serves, as OpenAI listed them on 2026-11-22."""

from dataclasses import dataclass

_BASIC = frozenset({"auto", "low", "medium", "high"})
_FINE = _BASIC | {"xhigh", "max"}


@dataclass(frozen=True, kw_only=True)
class Model:
    """What one model accepts; `shutdown_date` is an ISO date, or None if none is announced."""

    qualities: frozenset[str] = _BASIC
    any_size: bool = True
    shutdown_date: str | None = None


_RETIRING = Model(any_size=False, shutdown_date="2026-12-01")
_TWO = Model()
_NEWER = Model(qualities=_FINE)

MODELS = {
    "chatgpt-image-latest": _RETIRING,
    "gpt-image-1-mini": _RETIRING,
    "gpt-image-1.5": _RETIRING,
    "gpt-image-2": _TWO,
    "gpt-image-2-2026-04-21": _TWO,
    "gpt-image-2.5-flare": _NEWER,
    "gpt-image-2.5-flare-2026-09-08": _NEWER,
    "gpt-image-2.5-sunburst": _NEWER,
    "gpt-image-2.5-sunburst-2026-09-08": _NEWER,
    "gpt-image-2.6-flare": _NEWER,
    "gpt-image-2.6-sunburst": _NEWER,
}


def add_model(name: str) -> None:
    """Serve one more model in this process, with the sizes and qualities of the first ones."""
    MODELS[name] = _RETIRING


def models_page(*others: str) -> dict[str, object]:
    """The body of `GET /v1/models`; `others` are models that generate no images themselves."""
    dates = {name: model.shutdown_date for name, model in MODELS.items()}
    return {
        "object": "list",
        "data": [
            {
                "id": name,
                "object": "model",
                "created": 1_790_000_000,
                "owned_by": "openai",
                "shutdown_date": date,
            }
            for name, date in [*dates.items(), *((name, None) for name in others)]
        ],
    }
