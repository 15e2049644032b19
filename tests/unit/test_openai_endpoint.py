"""What a base URL is called, and what is wrong with it."""

import pytest

from adapters.openai.network.endpoint import Endpoint, base_url_of


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://gateway.example/v1/", "https://gateway.example/v1/"),
        ("https://gateway.example/v1/images/generations", "https://gateway.example/v1"),
        ("https://gateway.example/v1/images/edits/", "https://gateway.example/v1"),
        ("https://gateway.example/v1/images", "https://gateway.example/v1"),
        ("https://gateway.example/v1/chat/completions", "https://gateway.example/v1"),
        ("https://gateway.example//v1", "https://gateway.example/v1"),
        ("https://gateway.example/v1//", "https://gateway.example/v1/"),
        ("https://gateway.example/my-images", "https://gateway.example/my-images"),
        ("https://images.example", "https://images.example"),
        ("gateway.example", "gateway.example"),
    ],
)
def test_a_route_and_empty_segments_are_left_out(given: str, called: str) -> None:
    assert base_url_of(given) == called


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "OpenAI"),
        ("https://EU.API.OpenAI.com/v1", "OpenAI"),
        ("https://api.openai.com.evil.example/v1", "the endpoint api.openai.com.evil.example"),
        ("https://notapi.openai.com/v1", "the endpoint notapi.openai.com"),
        ("https://user:secret@gateway.example:81/v1?key=1", "the endpoint gateway.example:81"),
        ("http://[::1]:8080/v1", "the endpoint [::1]:8080"),
        ("http://gateway.example:port/v1", "the endpoint in OPENAI_BASE_URL"),
        ("http://[/v1", "the endpoint in OPENAI_BASE_URL"),
        ("", "the endpoint in OPENAI_BASE_URL"),
    ],
)
def test_an_endpoint_is_named_by_its_host(url: str, name: str) -> None:
    endpoint = Endpoint(url)
    assert str(endpoint) == name
    assert endpoint.title == name[0].upper() + name[1:]
    assert endpoint.is_openai is (name == "OpenAI")
    assert "secret" not in endpoint.shown + endpoint.address_hint


@pytest.mark.parametrize(
    ("url", "suggested"),
    [
        ("https://gateway.example", "https://gateway.example/v1"),
        ("https://gateway.example/", "https://gateway.example/v1"),
        ("https://gateway.example/api", "https://gateway.example/api/v1"),
        ("https://me.openai.azure.com/", "https://me.openai.azure.com/openai/v1"),
        ("https://gateway.example/v1", ""),
        ("https://gateway.example/v1beta/openai", ""),
        ("https://gateway.example/api/v3/", ""),
    ],
)
def test_a_version_is_suggested_where_there_is_none(url: str, suggested: str) -> None:
    assert Endpoint(url).suggestion == suggested
