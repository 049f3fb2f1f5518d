"""llama-index-llms-openai-like: as a completion model, which is its default, and as a chat model."""

import gc
import json
import os
import sys

import openai
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from service import ends, writing

QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"


def converse(is_chat_model: bool) -> dict[str, object]:
    llm = OpenAILike(
        model="nonmun",
        api_base=os.environ["OPENAI_BASE_URL"],
        api_key=os.environ["OPENAI_API_KEY"],
        is_chat_model=is_chat_model,
    )
    completion = llm.complete(QUESTION)
    answer = completion.raw.model_extra["nonmun"]  # the answer as POST /v1/ask returns it
    quotations = [citation["quote"] for citation in answer["citations"]]

    conversation = [
        ChatMessage(role="user", content=QUESTION),
        ChatMessage(role="assistant", content=completion.text),
        ChatMessage(role="user", content=FOLLOW_UP),
    ]
    reply = llm.chat(conversation)
    streamed = "".join(chunk.delta for chunk in llm.stream_chat(conversation))
    return {"content": completion.text, "quotations": quotations, "reply": reply.message.content, "streamed": streamed}


found: dict[str, object] = {}
where = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": "unused", "max_retries": 0}
if sys.argv[1] == "cancel":
    for is_chat_model in (False, True):
        llm = OpenAILike(model="nonmun", is_chat_model=is_chat_model, **where)
        chunks = llm.stream_chat([ChatMessage(role="user", content="보상 모델 없이 선호에 맞추는 학습은?")])
        next(chunks)
        began = writing()
        chunks.close()
        gc.collect()  # which closes the connection; llama-index keeps the response in a cycle of references
        found[str(is_chat_model)] = [began, ends()]
elif sys.argv[1] == "broken":
    for is_chat_model in (False, True):
        llm = OpenAILike(model="nonmun", is_chat_model=is_chat_model, **where)
        try:
            list(llm.stream_complete(QUESTION))
        except openai.APIError as error:
            found[str(is_chat_model)] = [type(error).__name__, error.code]
else:
    found = {str(is_chat_model): converse(is_chat_model) for is_chat_model in (False, True)}
    try:
        OpenAILike(model="gpt-4o", is_chat_model=True, **where).complete(QUESTION)
    except openai.NotFoundError as error:
        found["refused"] = [type(error).__name__, error.code]
print(json.dumps(found))
