"""The view of models: what a square image costs, and how long they last."""

from domain.joint_catalog import OfferedModel
from domain.money.amounts import dollars
from domain.size_rules import SizeRule
from entrypoints.http.page.view import Values, View
from entrypoints.http.request_context import AnyRequest, container_of
from entrypoints.wire.model_costs import square_costs


async def _values(request: AnyRequest) -> Values:
    listing = container_of(request).list_models()()
    days = listing.days_until_shutdown
    default = listing.default

    def row(offered: OfferedModel) -> dict[str, object]:
        card = offered.card
        costs = square_costs(card, offered.name)
        return {
            "name": offered.name,
            "provider": offered.provider,
            "is_default": card is default.card,
            "costs": [
                (quality, "unknown" if cost is None else dollars(cost, up=True))
                for quality, cost in costs.items()
            ],
            "largest": _largest(card.sizes),
            "edits": card.max_input_images > 0,
            "transparent": card.transparent,
            "previews": card.streams,
            "ends": card.retirement_date and card.retirement_date.isoformat(),
            "days": days.get((offered.provider, card.name)),
            "successor": card.successor,
        }

    return {
        "rows": [row(offered) for offered in listing.catalog.models],
        "default": default.model,
        "is_listed": default.card.is_known,
        "notes": [*listing.catalog.upcoming_retirements(listing.today)],
    }


def _largest(sizes: SizeRule) -> str:
    longest = f"{sizes.max_long_side}x{sizes.max_short_side}"
    return longest if sizes.max_pixels or not sizes.listed else str(max(sizes.listed))


VIEW = View(name="models", title="Models", values=_values, json="models")
