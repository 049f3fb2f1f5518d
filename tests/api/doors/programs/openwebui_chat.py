"""Open WebUI, as its page uses it: a conversation over its API, and the events that reach the page over its socket.

Arguments: where Open WebUI is; whether the connection has the header ("with-header"); what happens: "converse", "stop"
(the answer is stopped after its first words) or "stay" (the connection stays as it is, and the models are not listed
anew); and the questions.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import socketio

WEBUI, HEADER, ACTION, *QUESTIONS = sys.argv[1:]
SECONDS = 240  # that Open WebUI may take for a turn


class Page:
    """An open page of Open WebUI, with a chat."""

    def __init__(self, http: httpx.AsyncClient, socket: socketio.AsyncClient) -> None:
        self.http, self.socket = http, socket
        self.chat_id = ""
        self.messages: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.changed = asyncio.Event()
        socket.on("events", self.receive)

    def receive(self, event: dict[str, Any], *_: object) -> None:
        if event.get("chat_id") == self.chat_id and isinstance(event.get("data"), dict):
            self.events.append(event["data"])
            self.changed.set()

    async def request(self, method: str, path: str, body: object = None) -> Any:
        response = await self.http.request(method, path, json=body)
        assert response.is_success, f"{path}: {response.status_code} {response.text}"
        return response.json()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    @property
    def is_idle(self) -> bool:
        """Whether the answer and the tasks after it have ended."""
        return any(event["type"] == "chat:active" and not event["data"]["active"] for event in self.events)

    @property
    def streamed(self) -> str:
        """The text in the events of a stream."""
        pieces = [event["data"] for event in self.events if event["type"] == "response:completion"]
        return "".join(piece["delta"] for piece in pieces if piece.get("type") == "response.output_text.delta")

    async def ask(self, question: str) -> dict[str, Any]:
        """Ask as the page does: store the question and an empty answer, then have it filled."""
        asked, answered = str(uuid.uuid4()), str(uuid.uuid4())
        last = next(reversed(self.messages), None)
        now = int(time.time())
        turn: dict[str, dict[str, Any]] = {
            asked: {
                "id": asked,
                "parentId": last,
                "childrenIds": [answered],
                "role": "user",
                "content": question,
                "timestamp": now,
                "models": ["nonmun"],
            },
            answered: {
                "id": answered,
                "parentId": asked,
                "childrenIds": [],
                "role": "assistant",
                "content": "",
                "model": "nonmun",
                "timestamp": now,
            },
        }
        if last:
            self.messages[last]["childrenIds"] = [asked]
        self.messages |= turn
        history = {"messages": self.messages, "currentId": answered}
        stored = {"title": "New Chat", "models": ["nonmun"], "history": history}
        if not self.chat_id:
            self.chat_id = (await self.request("POST", "/api/v1/chats/new", {"chat": stored}))["id"]
        else:
            await self.request("POST", f"/api/v1/chats/{self.chat_id}", {"chat": {"history": history}})
        said = [{"role": one["role"], "content": one["content"]} for one in self.messages.values()][:-1]
        body = {
            "model": "nonmun",
            "stream": True,
            "messages": said,
            "session_id": self.socket.sid,
            "chat_id": self.chat_id,
            "id": answered,
            "parent_id": asked,
            "user_message": turn[asked],
            "background_tasks": {
                "title_generation": not last,
                "tags_generation": not last,
                "follow_up_generation": True,
            },
        }
        self.events.clear()
        started = await self.request("POST", "/api/chat/completions", body)
        if ACTION == "stop":
            await self.until(lambda: self.streamed)
            for task in started["task_ids"]:
                await self.request("POST", f"/api/tasks/stop/{task}")
        await self.until(lambda: self.is_idle)
        chat = await self.request("GET", f"/api/v1/chats/{self.chat_id}")
        self.messages = chat["chat"]["history"]["messages"]
        return {
            "stored": self.messages[answered],
            "streamed": self.streamed,
            "events": [event for event in self.events if event["type"] != "response:completion"],
            "title": chat["title"],
            "tags": [tag["name"] for tag in await self.request("GET", f"/api/v1/chats/{self.chat_id}/tags")],
            "running": (await self.request("GET", f"/api/tasks/chat/{self.chat_id}"))["task_ids"],
        }


async def connect(page: Page) -> list[str]:
    """Make the service Open WebUI's only connection; return the models that the page lists then."""
    config = await page.request("GET", "/openai/config")
    headers = {"headers": {"X-Nonmun-Citations": "open-webui"}} if HEADER == "with-header" else {}
    config["OPENAI_API_BASE_URLS"] = [os.environ["OPENAI_BASE_URL"]]
    config["OPENAI_API_KEYS"] = [os.environ["OPENAI_API_KEY"]]
    config["OPENAI_API_CONFIGS"] = {"0": {"enable": True, **headers}}
    await page.request("POST", "/openai/config/update", config)
    return [model["id"] for model in (await page.request("GET", "/api/models?refresh=true"))["data"]]


async def main() -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=WEBUI, timeout=SECONDS, trust_env=False) as http:
        signed_in = await http.post("/api/v1/auths/signin", json={"email": "", "password": ""})
        token = signed_in.json()["token"]
        http.headers["authorization"] = f"Bearer {token}"
        socket = socketio.AsyncClient()
        page = Page(http, socket)
        await socket.connect(WEBUI, socketio_path="/ws/socket.io", transports=["websocket"], auth={"token": token})
        await socket.call("user-join", {"auth": {"token": token}}, timeout=SECONDS)
        try:
            models = [] if ACTION == "stay" else await connect(page)
            turns = [await page.ask(question) for question in QUESTIONS]
            return {"models": models, "turns": turns}
        finally:
            await socket.disconnect()


print(json.dumps(asyncio.run(main())))
