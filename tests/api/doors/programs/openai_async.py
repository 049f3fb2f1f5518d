"""The openai package's asynchronous client: a question, whole and streamed."""

import asyncio
import json

from openai import AsyncOpenAI

MESSAGES = [{"role": "user", "content": "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법"}]


async def main() -> dict[str, str]:
    async with AsyncOpenAI() as client:
        completion = await client.chat.completions.create(model="nonmun", messages=MESSAGES)
        streamed = ""
        async for chunk in await client.chat.completions.create(model="nonmun", messages=MESSAGES, stream=True):
            streamed += chunk.choices[0].delta.content or ""
    return {"content": completion.choices[0].message.content, "streamed": streamed}


print(json.dumps(asyncio.run(main())))
