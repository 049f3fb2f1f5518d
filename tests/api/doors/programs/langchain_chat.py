"""langchain-openai: chat completions and responses, whole and streamed."""

import json

from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"

model = ChatOpenAI(model="nonmun")
message = model.invoke(QUESTION)  # text with [1] and the list of links; annotations are dropped

conversation = [HumanMessage(QUESTION), message, HumanMessage(FOLLOW_UP)]
streamed = "".join(chunk.content for chunk in model.stream(conversation))

responses = ChatOpenAI(model="nonmun", use_responses_api=True)
reply = responses.invoke(QUESTION)
citations = [annotation for block in reply.content_blocks for annotation in block.get("annotations", [])]

replies = None
for chunk in responses.stream(conversation):
    replies = chunk if replies is None else replies + chunk

print(
    json.dumps(
        {
            "content": message.content,
            "usage": message.usage_metadata["total_tokens"],
            "extra": sorted({*message.additional_kwargs, *message.response_metadata}),
            "streamed": streamed,
            "response": reply.text,
            "citations": citations,
            "response streamed": replies.text,
            "citations streamed": sum(len(block.get("annotations", [])) for block in replies.content_blocks),
        }
    )
)
