"""HTTPS: connections go to the checked address, certificates are verified against the host name."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun.ingest.sources.config import SourceConfig
from nonmun.ingest.sources.errors import TransientError
from nonmun.ingest.sources.http.client import HttpClient

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="makes a certificate with the openssl command")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subject = ["-subj", "/CN=mirror.invalid", "-addext", "subjectAltName=DNS:mirror.invalid"]
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(["openssl", "req", "-x509", *made, *subject, *files], check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture
def https(fake: Any, certificate: Path) -> Iterator[Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    with fake.running(context) as server:
        yield server


@pytest.fixture
def get(
    https: Any, certificate: Path, config: Callable[..., SourceConfig], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))

    def get(host: str, **settings: Any) -> int:
        url = f"https://{host}:{https.server_port}/api/query"
        client = HttpClient(config(arxiv_url=url, **settings), resolver=lambda host, port: ["127.0.0.1"])
        return client.get(httpx.URL(url), lambda: None).status

    return get


def test_certificate_is_verified_against_the_host_name(get: Callable[..., int], https: Any) -> None:
    assert get("mirror.invalid") == 200
    with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
        get("other.invalid")
    assert len(https.log) == 1


def test_deadline_holds_over_tls(get: Callable[..., int], https: Any, fake: Any) -> None:
    https.arxiv.append(fake.drip)
    with pytest.raises(TransientError, match="no complete response"):
        get("mirror.invalid", deadline=0.4)


def test_https_through_a_proxy(
    get: Callable[..., int], https: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.tunnel_to = https.server_port
    monkeypatch.setenv("https_proxy", server.url)
    assert get("mirror.invalid") == 200
    assert [request.target for request in https.log] == ["/api/query"]
    assert server.tunnels == [f"mirror.invalid:{https.server_port}"]
