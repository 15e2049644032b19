"""Reads URLs strictly: HTTPS, a host's name, and nothing that could lead elsewhere."""

import re
from dataclasses import dataclass
from typing import Self

import httpx2

MAX_URL = 4_096
"""Characters; signed URLs of object stores have up to 2,000."""
MAX_HOST = 253
"""Characters of a host's name in the DNS."""
PLAIN = re.compile(r"https://[^/?#@\\%\s]+(?:[/?#]|$)", re.IGNORECASE)
"""No credentials before the host, and no character that programs read in different ways."""
HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
"""A name of two labels or more. The last one begins with a letter, so that no notation of an IP
address is one: decimal, octal, hexadecimal, short, IPv6."""
NO_URL = "it is no plain https:// URL"
NO_NAME = "its host is not a name with a domain"
OTHER_PORT = "it has a port other than 443"


class NotFetched(Exception):
    """The URL was not fetched. The text says why, and has nothing of an answer."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A URL that may be fetched once its host's IP addresses are checked."""

    url: httpx2.URL
    host: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address; raise NotFetched for anything but `https://host/…`, at port 443.

        The host must be a name, in ASCII or as IDNA 2008 allows it; a dot at its end is dropped.
        """
        if len(text) > MAX_URL or not text.isprintable() or not PLAIN.match(text):
            raise NotFetched(NO_URL)
        try:
            url = httpx2.URL(text)
        except (httpx2.InvalidURL, ValueError) as error:
            raise NotFetched(NO_URL) from error
        host = url.raw_host.decode("ascii").removesuffix(".")
        if len(host) > MAX_HOST or not HOST.fullmatch(host):
            raise NotFetched(NO_NAME)
        if url.port is not None:  # 443 is left out
            raise NotFetched(OTHER_PORT)
        return cls(url.copy_with(fragment=None), host)

    def redirected(self, location: str) -> Self:
        """The address that a redirect leads to; raise NotFetched as `parse` does."""
        try:
            joined = str(self.url.join(location))
        except (httpx2.InvalidURL, ValueError) as error:
            raise NotFetched(NO_URL) from error
        return self.parse(joined)

    def request(self, address: str) -> httpx2.Request:
        """A request to this IP address. TLS and the Host header name the host."""
        return httpx2.Request(
            "GET",
            self.url.copy_with(host=address),
            headers={
                "Host": self.host,
                "User-Agent": "mcp-server-gpt-image",
                "Accept": "image/png, image/jpeg, image/webp, image/*;q=0.5",
                "Accept-Encoding": "identity",
                "Connection": "close",
            },
            extensions={"sni_hostname": self.host},
        )
