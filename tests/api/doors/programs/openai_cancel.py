"""The openai package: clients that leave in the middle of a stream; the service then works on nothing."""

import asyncio
import json

from openai import AsyncOpenAI, OpenAI
from service import ends, writing

QUESTION = [{"role": "user", "content": "보상 모델 없이 선호에 맞추는 학습은?"}]


client = OpenAI()
with client.chat.completions.create(model="nonmun", messages=QUESTION, stream=True) as chunks:
    next(iter(chunks))
    began = writing()
found = {"sync": [began, ends()]}


async def cancel() -> list[float | bool]:
    async with AsyncOpenAI() as client:
        begun = asyncio.Event()

        async def read() -> None:
            async with await client.chat.completions.create(model="nonmun", messages=QUESTION, stream=True) as chunks:
                async for _ in chunks:
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        began = await asyncio.to_thread(writing)
        task.cancel()
        return [began, await asyncio.to_thread(ends)]


found["async"] = asyncio.run(cancel())
print(json.dumps(found))
