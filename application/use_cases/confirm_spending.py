"""Use case: ask before a call is sent that costs more than a limit."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from application.cost_estimates import CostEstimates
from application.jobs.admission import Admission
from application.jobs.running_job import AnyJob
from domain.counts import count
from domain.money.amounts import dollars, exact_dollars
from domain.money.budget_errors import ConfirmationRequired

Ask = Callable[[str], Awaitable[bool | None]]
DECLINED = "Do not repeat the call unless the user asks for it."


async def no_answer(_: str) -> None:
    """The answer where no person can be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How a caller agrees to the cost of a call.

    `ask` puts a question to a person: True and False are the answer, None if there is none. `hint`
    says how this caller can allow the call without a question.
    """

    hint: str
    ask: Ask = no_answer


class ConfirmSpending:
    """Reads the estimates of calls. Calls up to `limit` US dollars need no answer."""

    def __init__(self, estimates: CostEstimates, limit: Decimal | None) -> None:
        self.estimates = estimates
        self.limit = limit

    def admission(
        self, consent: Consent | None, count: Callable[[], None] | None = None
    ) -> Admission | None:
        """What admits a job that needs the provider; None if nothing limits such jobs.

        `consent` is None for a caller that agreed. `count` counts the jobs, or raises to refuse.
        """
        asked = None if self.limit is None else consent
        if asked is None and count is None:
            return None

        async def admit(job: AnyJob) -> bool:
            if asked is not None:
                await self(job, asked)
            if count is not None:
                count()
            return asked is not None

        return admit

    async def __call__(self, job: AnyJob, consent: Consent) -> None:
        """Return if the job's estimate is within the limit, or if a person agrees to it.

        Raises ConfirmationRequired. An unknown cost is asked about, too.
        """
        if self.limit is None:
            return
        (estimated,) = await self.estimates.estimate([job])
        estimate = estimated.estimate
        if estimate is not None and estimate <= self.limit:
            return
        cost = "at an unknown cost" if estimate is None else f"for about {dollars(estimate)}"
        limit = exact_dollars(self.limit)
        call = f"{job.action} {count(job.request.n, 'image')} with {job.model} {cost}"
        agreed = await consent.ask(f"{call[0].upper()}{call[1:]}?")
        if agreed:
            return
        raise ConfirmationRequired(
            f"The user declined to {call}."
            if agreed is False
            else f"To {call} needs a confirmation: CONFIRM_ABOVE_USD is {limit}.",
            hint=DECLINED if agreed is False else consent.hint,
            limit=self.limit,
            estimate=estimate,
        )
