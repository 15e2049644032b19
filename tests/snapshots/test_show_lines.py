"""The line that makes each client show an image: each change of one is reviewed here."""

import pytest
from syrupy.assertion import SnapshotAssertion

from entrypoints.wire.caller import Caller
from entrypoints.wire.client_profiles import client_profiles, profile_of
from entrypoints.wire.outputs import ImageEntry
from entrypoints.wire.show_lines import show_lines

TITLE = "a [red] bridge, *dusk*"
URL = "https://images.example/images/img_1"
PLAIN, BLANK = "/srv/ann/art/bridge.png", "/srv/ann/GPT Image/bridge (1).png"
LOCAL_URL = "http://10.0.0.1/images/img_1"


def remote(url: str, query: str = "", *, opens_links: bool) -> Caller:
    """A caller over HTTP, whose links have this query."""
    return Caller(
        reads_files=False, opens_links=opens_links, preview=lambda _: f"{url}/preview{query}"
    )


CALLERS = {
    "stdio": ((PLAIN, ""), Caller()),
    "stdio, a path with a blank": ((BLANK, ""), Caller()),
    "stdio, Windows": (("C:\\art\\bridge.png", ""), Caller()),
    "stdio, two images": ((PLAIN, ""), Caller()),
    "a public https URL": (("", URL), remote(URL, opens_links=True)),
    "https with a signed link": (("", URL), remote(URL, "?expires=1", opens_links=True)),
    "https with a token": (("", URL), remote(URL, opens_links=False)),
    "http": (("", LOCAL_URL), remote(LOCAL_URL, opens_links=True)),
}
"""By kind of caller: the path and the URL that it is told."""


@pytest.mark.parametrize("name", [*client_profiles(), "unknown"])
def test_the_line_of_a_client_is_as_it_was_reviewed(name: str, snapshot: SnapshotAssertion) -> None:
    profile = profile_of("", name)
    assert snapshot == {
        kind: show_lines([entry(*places)] * (2 if "two" in kind else 1), TITLE, profile, caller)
        for kind, (places, caller) in CALLERS.items()
    }


@pytest.mark.parametrize("path", ["/art/a\nb.png", "/art/<b>.png", "/art/\u202eb.png"])
def test_a_path_that_markdown_cannot_have_gets_no_line(path: str) -> None:
    assert show_lines([entry(path, "")], TITLE, profile_of("codex-mcp-client"), Caller()) == ""


def entry(path: str, url: str) -> ImageEntry:
    """The facts of an image at this place."""
    facts = ImageEntry(id="img_1", format="png", width=8, height=8, bytes=80, shown="full")
    facts.path, facts.url = path, url
    return facts
