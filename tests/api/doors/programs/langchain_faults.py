"""langchain-openai: refused requests and clients that leave."""

import json
import sys

import openai
from langchain_openai import ChatOpenAI
from service import ends, writing

QUESTION = "보상 모델 없이 선호에 맞추는 학습은?"


def refused(model: ChatOpenAI) -> list[object]:
    try:
        model.invoke(QUESTION)
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, error.status_code]
    return []


found: dict[str, object] = {}
if sys.argv[1] == "cancel":
    chunks = ChatOpenAI(model="nonmun", max_retries=0).stream(QUESTION)
    next(chunks)
    began = writing()
    chunks.close()
    found["cancelled"] = [began, ends()]
elif sys.argv[1] == "broken":
    try:
        list(ChatOpenAI(model="nonmun", max_retries=0).stream(QUESTION))
    except openai.APIError as error:
        found["broken"] = [type(error).__name__, error.code]
else:
    found["model"] = refused(ChatOpenAI(model="gpt-4o", max_retries=0))
    found["field"] = refused(ChatOpenAI(model="nonmun", extra_body={"nonmun": {"k": 0}}, max_retries=0))
print(json.dumps(found))
