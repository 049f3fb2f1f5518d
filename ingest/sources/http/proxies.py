"""Which proxy a request goes through: the operator's, from the environment or the system, never for loopback."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass

import httpx

from ..errors import UpstreamError

ProxyFor = Callable[[httpx.URL], httpx.Proxy | None]


def system_proxy(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (or the system's settings) name for a URL.

    Raises:
        UpstreamError: it is none that we can speak to.
    """
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL) as error:
        raise UpstreamError(f"the proxy {address!r} of the environment cannot be used: {error}") from error
    if proxy.url.scheme not in ("http", "https"):
        raise UpstreamError(f"the proxy of the environment speaks {proxy.url.scheme}; an http or https one is needed")
    return proxy


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
