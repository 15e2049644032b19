"""The way to the endpoint: the proxy and the certificates that the environment names."""

import os
import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

import httpx2

from domain.provider_errors import InvalidSettings, ProviderError, ProviderUnreachable

SCHEMES = {"http": "http", "https": "https", "socks": "socks5", "socks5": "socks5"}
SCHEMES["socks5h"] = "socks5h"
"""The schemes of proxies; desktops write `socks` for version 5."""
USABLE = "Use http://host:port, https://host:port or socks5://host:port, or remove the variable."
NO_HOSTS = frozenset({"none", "null", "direct", "false", "off", "0"})
"""What people write for no proxy; programs read it as the name of a host."""
LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
SHORT_LOOPBACK = re.compile(r"127(\.\d{1,3}){1,2}")
"""127.1 and the like, in which zeros are left out."""
MAX_PORT = 65_535
FROM_SYSTEM = "the system's proxy settings"
UNTRUSTED = (
    "The endpoint's certificate is not trusted. If your network inspects TLS, set SSL_CERT_FILE to "
    "a file with your network's certificate and all public ones."
)
UNMET = re.compile(r"ERR_(CONNECT|DNS|CANNOT|ACCESS|CACHE_ACCESS)|error=(connection|dns|dest|prox)")
"""What Squid's X-Squid-Error and the standard header Proxy-Status say of a request that the proxy
did not pass on."""


@dataclass(frozen=True, slots=True)
class Network:
    """How requests reach one endpoint.

    `variable` is the name of the variable that has the proxy; empty without one.
    """

    host: str
    certificates: ssl.SSLContext
    proxy: httpx2.Proxy | None = None
    variable: str = ""

    def explain(self, error: ProviderError, failure: Exception) -> ProviderError:
        """The error of a call, with the part that the proxy or a certificate has in it.

        `failure` is the exception that the error was made from.
        """
        cause = failure.__cause__ or failure
        if isinstance(error, ProviderUnreachable) and "CERTIFICATE_VERIFY" in str(cause):
            error.hint = UNTRUSTED
            return error
        if self.proxy is None:
            return error
        refusal = self._refusal(error, cause, failure)
        if refusal is None:
            if getattr(error, "status", 0):
                error.message += f" The request went through {self._proxy_in_words}."
            return error
        unreachable = ProviderUnreachable(
            f"{self.host} could not be reached through {self._proxy_in_words}{refusal}; nothing "
            "was sent.",
            hint=self._hint(refusal),
        )
        unreachable.request_id = error.request_id
        return unreachable

    def _refusal(
        self, error: ProviderError, cause: BaseException, failure: Exception
    ) -> str | None:
        """What the proxy said; None if the request may have got through it."""
        response = getattr(failure, "response", None)
        if response is not None:
            signs = "".join(
                response.headers.get(name, "") for name in ("x-squid-error", "proxy-status")
            )
            unmet = response.status_code == 407 or UNMET.search(signs)
            return f": it answered {response.status_code}" if unmet else None
        if isinstance(cause, httpx2.ProxyError):
            return f": it answered {cause}"
        return "" if isinstance(error, ProviderUnreachable) else None

    @property
    def _proxy_in_words(self) -> str:
        """The proxy without its credentials."""
        assert self.proxy is not None
        url = self.proxy.url
        return f"the proxy of {self.variable} ({url.scheme}://{url.netloc.decode('ascii')})"

    def _hint(self, refusal: str) -> str:
        if "407" in refusal:
            return (
                f"The proxy wants a name and a password. Write them into {self.variable}: "
                "http://name:password@host:port. Then restart."
            )
        return (
            f"Check that the proxy runs and allows {self.host}. Otherwise correct or remove "
            f"{self.variable}, or add {self.host} to NO_PROXY. Then restart."
        )


def network_for(endpoint: str) -> Network:
    """The way to this endpoint. No proxy applies to an endpoint on this machine.

    Raises InvalidSettings with the name of the variable that cannot be used.
    """
    url = httpx2.URL(endpoint)
    certificates = _certificates(url.scheme)
    variable, proxy = _proxy_setting(url.scheme)
    if not proxy or is_this_machine(url.host) or _is_exempt(url):
        return Network(url.host, certificates)
    return Network(url.host, certificates, _parse(variable, proxy), variable)


def is_this_machine(host: str) -> bool:
    """Whether the host is a loopback address, or a name that always means one."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        address = ip_address(name)
    except ValueError:
        is_short = SHORT_LOOPBACK.fullmatch(name) is not None
        return is_short or name in LOCAL_NAMES or name.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def _proxy_setting(scheme: str) -> tuple[str, str]:
    """The variable that has the proxy for URLs of this scheme, and its text."""
    proxies = getproxies()
    for name in (scheme, "all"):
        if text := proxies.get(name, "").strip().strip("\"'").strip():
            spellings = (f"{name}_proxy", f"{name.upper()}_PROXY")
            return next((each for each in spellings if os.environ.get(each)), FROM_SYSTEM), text
    return "", ""


def _parse(variable: str, text: str) -> httpx2.Proxy:
    try:
        url = httpx2.URL(text if "://" in text else f"http://{text}")
        is_host = re.fullmatch(r"[\w.:-]+", url.host) and url.host not in NO_HOSTS
        if not is_host or (url.port or 1) > MAX_PORT:
            raise InvalidSettings(f"{variable} is not the URL of a proxy.", hint=USABLE)
        scheme = SCHEMES.get(url.scheme)
        if scheme is None:
            message = f"{variable} has the scheme {url.scheme}://, which is not supported."
            raise InvalidSettings(message, hint=USABLE)
        return httpx2.Proxy(url.copy_with(scheme=scheme))
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise InvalidSettings(f"{variable} is not the URL of a proxy.", hint=USABLE) from None


def _is_exempt(url: httpx2.URL) -> bool:
    """Whether NO_PROXY has the host: by name, domain, address, network, or with its port."""
    host = url.host.lower()
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    for entry in re.split(r"[\s,;\"']+", getproxies().get("no", "").lower()):
        if entry == "*":
            return True
        bare = re.sub(r"^https?://([^/]*).*$", r"\1", entry)
        name = bare.removeprefix("*").removeprefix(".").rstrip(".")
        if name in (host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"):
            return True
        if name and (host.endswith(f".{name}") or _is_within(host, name)):
            return True
    return bool(proxy_bypass(host))


def _is_within(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _certificates(scheme: str) -> ssl.SSLContext:
    if scheme == "http":  # none is needed
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _check_paths()
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        variable = "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"
        raise InvalidSettings(
            f"{variable} has no certificates that can be loaded ({error.strerror or error}).",
            hint="Correct the file, or remove the variable to use the system's certificates.",
        ) from error


def _check_paths() -> None:
    """Raise InvalidSettings if a variable names certificates where there are none."""
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR", "")
    if file and Path(file).is_dir():
        raise InvalidSettings(
            f"SSL_CERT_FILE names {file}, which is a folder.",
            hint="Name a file, or use SSL_CERT_DIR for a folder of certificates.",
        )
    missing = [("SSL_CERT_FILE", file)] if file and not Path(file).is_file() else []
    paths = filter(None, folders.split(os.pathsep))
    missing += [("SSL_CERT_DIR", path) for path in paths if not Path(path).is_dir()]
    for variable, path in missing:
        kind = "is not a folder" if Path(path).exists() else "does not exist"
        raise InvalidSettings(
            f"{variable} names {path}, which {kind}.",
            hint="Correct the path, or remove the variable to use the system's certificates.",
        )
