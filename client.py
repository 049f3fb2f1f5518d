"""The client of a service: `Client` and `AsyncClient` have the methods of `Library`, over HTTP.

Usage: `Client("https://papers.example.org", key="nm_...").ask("정상 이미지 한 장만으로 이상을 찾는 논문이 있어?")`.
"""

from .api.client.async_client import AsyncClient
from .api.client.client import Client
from .api.client.exchange import Retry
from .api.results import Job
from .index.domain.errors import ServiceError

__all__ = ["AsyncClient", "Client", "Job", "Retry", "ServiceError"]
