"""The openai package: responses and completions, whole and streamed."""

import json

from openai import OpenAI

QUESTION, FOLLOW_UP = "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"

client = OpenAI()

response = client.responses.create(model="nonmun", input=QUESTION)
annotations = response.output[0].content[0].annotations  # each with the link, the title and the exact quotation

conversation = [{"role": "user", "content": QUESTION}, *response.output, {"role": "user", "content": FOLLOW_UP}]
streamed = ""
for event in client.responses.create(model="nonmun", input=conversation, stream=True):
    if event.type == "response.output_text.delta":
        streamed += event.delta

with client.responses.stream(model="nonmun", input=conversation) as events:
    joined = events.get_final_response()

completion = client.completions.create(model="nonmun", prompt=QUESTION)
pieces = [chunk.choices[0].text for chunk in client.completions.create(model="nonmun", prompt=QUESTION, stream=True)]

print(
    json.dumps(
        {
            "text": response.output_text,
            "links": [annotation.url for annotation in annotations],
            "quotations": [annotation.quote for annotation in annotations],
            "answer": response.model_extra["nonmun"]["answer"],
            "streamed": streamed,
            "last type": event.type,
            "joined": joined.output_text,
            "joined annotations": len(joined.output[0].content[0].annotations),
            "completion": completion.choices[0].text,
            "completion answer": completion.model_extra["nonmun"]["answer"],
            "completion streamed": "".join(pieces),
        }
    )
)
