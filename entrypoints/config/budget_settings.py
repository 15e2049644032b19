"""Settings that limit spending."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from domain.money.budgets import BudgetLimits

Amount = Annotated[Decimal, Field(ge=0)]


class BudgetSettings(BaseSettings):
    """Limits for all processes that share the job records together. None by default."""

    budget_day_usd: Amount | None = Field(
        None, description="US dollars that may be spent in 24 hours; 0 lets nothing be spent."
    )
    budget_images_hour: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Pictures that may be painted in an hour; 0 lets none be painted."
    )
    budget_call_usd: Amount | None = Field(
        None, description="US dollars that one call may be expected to cost."
    )

    @property
    def limits(self) -> BudgetLimits:
        """The limits in the domain's form."""
        return BudgetLimits(
            day_usd=self.budget_day_usd,
            images_hour=self.budget_images_hour,
            call_usd=self.budget_call_usd,
        )
