"""What a call costs, from the tokens that the provider counted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.results import Usage

PER_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, as published on `as_of`.

    The cached rates are those of input that the provider had read shortly before; None where no
    such discount is known.
    """

    text_in: Decimal
    image_in: Decimal
    out: Decimal
    as_of: date
    cached_text_in: Decimal | None = None
    cached_image_in: Decimal | None = None

    @property
    def is_free(self) -> bool:
        """Whether no token costs anything, so that nobody needs to count them."""
        return not (self.text_in or self.image_in or self.out)

    def cost(self, usage: Usage | None) -> Decimal | None:
        """What these tokens cost, in US dollars, not rounded; None where they were not counted."""
        if self.is_free:
            return Decimal(0)
        if usage is None:
            return None
        total = (
            usage.text_tokens_in * self.text_in
            + usage.image_tokens_in * self.image_in
            + usage.tokens_out * self.out
        )
        return (total - self._discount(usage)) / PER_TOKENS

    def _discount(self, usage: Usage) -> Decimal:
        text, image = self.cached_text_in, self.cached_image_in
        on_text = Decimal(0) if text is None else self.text_in - text
        on_image = Decimal(0) if image is None else self.image_in - image
        return usage.cached_text_tokens_in * on_text + usage.cached_image_tokens_in * on_image
