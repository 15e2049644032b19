"""What a call costs, from the tokens that the provider counted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.results import Usage

PER_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, as published on `as_of`."""

    text_in: Decimal
    image_in: Decimal
    out: Decimal
    as_of: date

    def cost(self, usage: Usage) -> Decimal:
        """What these tokens cost, in US dollars, not rounded."""
        total = (
            usage.text_tokens_in * self.text_in
            + usage.image_tokens_in * self.image_in
            + usage.tokens_out * self.out
        )
        return total / PER_TOKENS
