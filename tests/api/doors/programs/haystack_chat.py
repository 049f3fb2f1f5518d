"""Haystack's OpenAIChatGenerator: whole and streamed, refused and cancelled."""

import asyncio
import json
import os
import sys

import openai
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from service import ends, writing

QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"


generator = OpenAIChatGenerator(model="nonmun", api_base_url=os.environ["OPENAI_BASE_URL"], max_retries=0)


async def cancel() -> list[float | bool]:
    begun = asyncio.Event()

    async def note(_: object) -> None:
        begun.set()

    question = [ChatMessage.from_user("보상 모델 없이 선호에 맞추는 학습은?")]
    task = asyncio.create_task(generator.run_async(question, streaming_callback=note))
    await begun.wait()
    began = await asyncio.to_thread(writing)
    task.cancel()
    return [began, await asyncio.to_thread(ends)]


found: dict[str, object] = {}
if sys.argv[1] == "cancel":
    found["cancelled"] = asyncio.run(cancel())
elif sys.argv[1] == "broken":
    try:
        generator.run([ChatMessage.from_user(QUESTION)], streaming_callback=lambda _: None)
    except openai.APIError as error:
        found["broken"] = [type(error).__name__, error.code]
else:
    reply = generator.run([ChatMessage.from_user(QUESTION)])["replies"][0]  # text with [1] and the list of links

    pieces: list[str] = []
    conversation = [ChatMessage.from_user(QUESTION), reply, ChatMessage.from_user(FOLLOW_UP)]
    streamed = generator.run(conversation, streaming_callback=lambda chunk: pieces.append(chunk.content))["replies"][0]

    found = {"content": reply.text, "meta": sorted(reply.meta), "streamed": streamed.text, "pieces": "".join(pieces)}
    try:
        OpenAIChatGenerator(model="gpt-4o", api_base_url=os.environ["OPENAI_BASE_URL"]).run("?")
    except openai.NotFoundError as error:
        found["refused"] = [type(error).__name__, error.code]
print(json.dumps(found))
