"""Settings that limit spending."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

if TYPE_CHECKING:  # the HTTP server reads its settings before it loads the domain
    from domain.money.budgets import BudgetLimits

Amount = Annotated[Decimal, Field(ge=0)]


class BudgetSettings(BaseSettings):
    """Limits for all processes that share the job records together. None by default."""

    budget_day_usd: Amount | None = Field(
        None, description="Spending limit in US dollars per 24 hours; 0 blocks all spending."
    )
    budget_images_hour: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Maximum number of images generated per hour; 0 blocks all generation."
    )
    budget_call_usd: Amount | None = Field(
        None, description="Maximum estimated cost of one call in US dollars."
    )

    confirm_above_usd: Amount | None = Field(
        None, description="Ask before a call whose estimate is above this many US dollars."
    )

    @property
    def limits(self) -> "BudgetLimits":
        """The limits in the domain's form."""
        from domain.money.budgets import BudgetLimits

        return BudgetLimits(
            day_usd=self.budget_day_usd,
            images_hour=self.budget_images_hour,
            call_usd=self.budget_call_usd,
        )
