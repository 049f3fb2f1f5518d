"""The openai package: a conversation of two questions, whole and streamed."""

import json

from openai import OpenAI

QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"

client = OpenAI()

messages = [{"role": "user", "content": QUESTION}]
completion = client.chat.completions.create(model="nonmun", messages=messages, extra_body={"nonmun": {"k": 5}})
message = completion.choices[0].message
links = {annotation.url_citation.url for annotation in message.annotations}
answer = completion.model_extra["nonmun"]  # the answer as POST /v1/ask returns it
quotations = [citation["quote"] for citation in answer["citations"]]

messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": FOLLOW_UP}]
streamed, last = "", None
for chunk in client.chat.completions.create(
    model="nonmun", messages=messages, stream=True, stream_options={"include_usage": True}
):
    if chunk.choices:
        streamed += chunk.choices[0].delta.content or ""
        last = chunk if chunk.choices[0].finish_reason else last
    else:
        usage = chunk.usage

with client.chat.completions.stream(model="nonmun", messages=messages) as events:  # puts the chunks together itself
    joined = events.get_final_completion().choices[0].message

print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "content": message.content,
            "annotations": [annotation.model_dump() for annotation in message.annotations],
            "links": sorted(links),
            "quotations": quotations,
            "hits": len(answer["hits"]),
            "usage": completion.usage.total_tokens,
            "streamed": streamed,
            "streamed annotations": last.choices[0].delta.model_extra["annotations"],
            "streamed quotations": [citation["quote"] for citation in last.model_extra["nonmun"]["citations"]],
            "streamed usage": usage.total_tokens,
            "joined": joined.content,
        }
    )
)
