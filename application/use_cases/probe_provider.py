"""Use case: find out what a provider's endpoint can do, free of charge or with one real image."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal

from application.error_redaction import redact_error
from application.ports.clock import Clock
from application.ports.image_provider import ImageProvider, Probes
from application.use_cases.generate_image import GenerateImage
from domain.errors import InvalidRequest
from domain.events import PartialReady
from domain.image_formats import Dimensions, ImageFormat
from domain.models import ModelCard
from domain.probes import Ability, Answer, Finding
from domain.provider_errors import ProviderError, ProviderTimedOut
from domain.redactor import Redactor
from domain.requests import NO_FALLBACK, GenerateRequest, Quality
from domain.results import ImageResult
from domain.untrusted_text import single_line

PROBE_SECONDS = 60.0
"""For all free requests; a server that is loading its model may take some of it."""
SMALL = Dimensions(1024, 768)
"""The size that is asked of a model of which nothing is known: small, and no usual default."""
MAX_DETAIL = 500
PROMPT = "A plain gray circle on a white background."
ONLY_PAID = "only a real image shows it: --paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The findings about one provider. `cost` is that of its image, None if it is unknown."""

    provider: str
    endpoint: str
    findings: Sequence[Finding]
    paid: bool = False
    cost: Decimal | None = None

    @property
    def may_cost(self) -> bool:
        """Whether an empty request was accepted, so that it may be billed."""
        return any(finding.may_cost for finding in self.findings)


class ProbeProvider:
    """Probes one of the `providers`, which have no safeguards; `secrets` are hidden in findings."""

    def __init__(
        self,
        providers: Sequence[ImageProvider],
        generate: GenerateImage,
        clock: Clock,
        secrets: Iterable[str] = (),
    ) -> None:
        self.providers = providers
        self.generate = generate
        self.clock = clock
        self.redactor = Redactor(secrets)

    async def __call__(self, name: str | None = None) -> Probe:
        """Ask for nothing that costs; without a name, the first provider.

        Raises InvalidRequest for a provider that is not set up or cannot be probed, and
        ProviderError if its endpoint gives no answer.
        """
        provider = self._find(name)
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                findings = await provider.probe()
        except TimeoutError:
            text = f"The endpoint did not answer within {PROBE_SECONDS:g} s."
            raise ProviderTimedOut(text) from None
        except ProviderError as error:
            await redact_error(error, self.redactor)
            raise
        rest = [each for each in Ability if each not in {found.ability for found in findings}]
        unknown = [Finding(ability=each, answer=Answer.UNKNOWN, detail=ONLY_PAID) for each in rest]
        return Probe(
            provider=provider.name,
            endpoint=provider.endpoint,
            findings=[*map(self._clean, findings), *unknown],
        )

    def paid_request(
        self, name: str | None, model: str | None
    ) -> tuple[GenerateRequest, Decimal | None]:
        """The request for one small image, and what it may cost, None if that is unknown."""
        provider = self._find(name)
        chosen = provider.catalog.choose(model, self.clock.now().date())
        request = _small_request(chosen.card)
        estimate = chosen.card.estimate(replace(request, model=chosen.model))
        name = f"{provider.name}/{chosen.model}"
        return replace(request, model=name, fallback=NO_FALLBACK), estimate

    async def paid(self, probe: Probe, request: GenerateRequest, *, client: str = "") -> Probe:
        """Generate the image for this client, as any other, and add what it shows to the findings.

        Raises what GenerateImage and its handle raise.
        """
        provider = self._find(probe.provider)
        handle = await self.generate(request, client=client, fresh=True)
        previews = 0
        async with aclosing(handle.events()) as events:
            async for event in events:
                previews += isinstance(event, PartialReady)
        result = await handle.result()
        shown = [*_shown_by(result, request, previews, links=provider.sent_links)]
        abilities = {finding.ability for finding in shown}
        kept = [finding for finding in probe.findings if finding.ability not in abilities]
        order = [*Ability]
        findings = sorted([*kept, *shown], key=lambda finding: order.index(finding.ability))
        return replace(probe, findings=findings, paid=True, cost=result.generation_cost)

    def _find(self, name: str | None) -> Probes:
        found = next((each for each in self.providers if name in (None, each.name)), None)
        names = ", ".join(each.name for each in self.providers if isinstance(each, Probes))
        hint = f"Use {names}, or a URL." if names else "Use a URL."
        if found is None:
            raise InvalidRequest(
                f"No provider {single_line(name or '', 40)!r} is set up.", field="target", hint=hint
            )
        if not isinstance(found, Probes):
            text = f"The provider {found.name} cannot be probed."
            raise InvalidRequest(text, field="target", hint=hint)
        return found

    def _clean(self, finding: Finding) -> Finding:
        detail = self.redactor.error_text(finding.detail)
        return replace(finding, detail=single_line(detail, MAX_DETAIL))


def _small_request(card: ModelCard) -> GenerateRequest:
    """A small image whose size and format are no defaults, where the model has a choice."""
    sizes = sorted(card.sizes.listed, key=lambda size: (size.width * size.height, size.width))
    size = SMALL if not card.is_known or not sizes else sizes[min(1, len(sizes) - 1)]
    form = ImageFormat.JPEG if ImageFormat.JPEG in card.formats else min(card.formats)
    return GenerateRequest(
        prompt=PROMPT,
        model=card.name,
        size=size,
        format=form,
        quality=Quality.LOW if card.is_known and Quality.LOW in card.qualities else Quality.AUTO,
        partial_images=1 if card.streams else 0,
    )


def _shown_by(
    result: ImageResult, request: GenerateRequest, previews: int, *, links: bool | None
) -> Sequence[Finding]:
    image = result.images[0].image
    size, form = image.dimensions, image.format
    counted = f"{result.usage.total} tokens" if result.usage else "no tokens were counted"
    facts = [
        (Ability.GENERATE, True, f"it generated {result.images[0].id}"),
        (Ability.STREAM, previews > 0, f"{previews} partial images arrived"),
        (Ability.SIZE, size == request.size, f"requested {request.size}, received {size}"),
        (Ability.FORMAT, form == request.format, f"requested {request.format}, received {form}"),
        (Ability.USAGE, result.usage is not None, counted),
    ]
    if links is not None:
        detail = "it sent a link, which was fetched" if links else "the image was in the reply"
        facts.append((Ability.BASE64, not links, detail))
    return [
        Finding(ability=ability, answer=Answer.YES if can else Answer.NO, detail=detail)
        for ability, can, detail in facts
    ]
