"""How the Images API answers: a list of images, or a stream of events with one image each."""

from adapters.openai.network.endpoint import IMAGES_API, Endpoint
from adapters.openai.replies.deliveries import check_says_nothing
from adapters.openai.replies.parsed_reply import ParsedReply, parse_reply
from adapters.openai.replies.stream_images import StreamImages
from domain.models import ModelCard
from domain.requests import ImageRequest


class ImagesFormat:
    """A ReplyFormat; also of services with other shapes."""

    api = IMAGES_API

    def parse(self, raw: bytes, request_id: str | None) -> ParsedReply:
        return parse_reply(raw, request_id)

    def stream(self, request: ImageRequest) -> StreamImages:
        return StreamImages(request)

    def check_without_image(self, reply: ParsedReply, card: ModelCard, endpoint: Endpoint) -> None:
        check_says_nothing(reply, card, endpoint)
