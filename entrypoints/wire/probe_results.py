"""What a probe found, as text and as structured data."""

from msgspec import Struct

from application.use_cases.probe_provider import Probe
from domain.errors import ChargeStatus

NOTHING_ASKED = "No image was requested, so nothing was charged."
ACCEPTED = "An empty request was accepted: see at the service whether it was charged."


class FindingResult(Struct, kw_only=True):
    """One answer: `yes`, `no` or `unknown`, and what shows it."""

    ability: str
    answer: str
    detail: str


class ProbeResult(Struct, kw_only=True):
    """All findings about one endpoint. `cost` is in US dollars, null if it is unknown."""

    provider: str
    endpoint: str
    charged: str
    cost: float | None
    findings: list[FindingResult]


def probe_result(probe: Probe) -> ProbeResult:
    """The findings for programs."""
    charged = ChargeStatus.MAYBE if probe.may_cost else ChargeStatus.NO
    return ProbeResult(
        provider=probe.provider,
        endpoint=probe.endpoint,
        charged=(ChargeStatus.YES if probe.paid else charged).value,
        cost=None if probe.cost is None else float(probe.cost),
        findings=[
            FindingResult(ability=each.ability, answer=each.answer, detail=each.detail)
            for each in probe.findings
        ],
    )


def probe_text(probe: Probe) -> str:
    """The findings for people."""
    rows = [f"  {each.ability:9} {each.answer:8} {each.detail}" for each in probe.findings]
    return "\n".join([f"{probe.provider} at {probe.endpoint}", *rows, _cost(probe)])


def _cost(probe: Probe) -> str:
    if probe.paid:
        cost = "unknown" if probe.cost is None else f"${probe.cost:.4f}"
        return f"The image is in the archive. Its cost: {cost}."
    return ACCEPTED if probe.may_cost else NOTHING_ASKED
