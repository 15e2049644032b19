"""What an answer cost, in words: the last line of every answer."""

from domain.counts import count
from domain.money.amounts import dollars, exact_dollars
from domain.money.day_spending import DaySpending
from domain.results import ImageResult, ServedFrom


def cost_line(images: ImageResult) -> str:
    """The cost, and the spending of the day if it has a limit. Empty for free providers."""
    if images.generation_cost == 0 and not images.is_prepaid:
        return ""
    line = f"Cost: {_cost(images)}."
    return f"{line} {_day(images.day_spending)}." if images.day_spending else line


def _cost(images: ImageResult) -> str:
    if images.is_prepaid:
        source = "from the cache" if images.is_cached else "shared with an equal request"
        saved = f", saved {dollars(images.saved)}" if images.saved else ""
        return f"nothing; {source}{saved}"
    then = ", when it was generated" if images.served_from == ServedFrom.ARCHIVE else ""
    if images.generation_cost is not None:
        return f"{dollars(images.generation_cost)}{then}{_mainline(images)}"
    if images.estimate is not None:
        return f"≈ {dollars(images.estimate, up=True)} (estimated){then}"
    return f"unknown{_mainline(images)}"


def _mainline(images: ImageResult) -> str:
    """The tokens of the language model that called the image model, if one did."""
    mainline = images.usage and images.usage.mainline
    if not mainline:
        return ""
    into, out = count(mainline.tokens_in, "input token"), count(mainline.tokens_out, "output token")
    return f", with {into} and {out} of the language model"


def _day(day: DaySpending) -> str:
    text = f"{dollars(day.spent)} of {exact_dollars(day.limit)} in the last 24 hours"
    return f"{text}, and {day.unknown} of unknown cost" if day.unknown else text
