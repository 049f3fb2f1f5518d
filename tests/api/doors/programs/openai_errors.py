"""The openai package: the exceptions that refused requests raise."""

import json
import sys

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
question = sys.argv[1]
try:
    chunks = client.chat.completions.create(
        model=sys.argv[2], messages=[{"role": "user", "content": question}], stream="--stream" in sys.argv
    )
    for _ in chunks:
        pass
except openai.APIError as error:
    is_status = isinstance(error, openai.APIStatusError)
    found = {
        "class": type(error).__name__,
        "code": error.code,
        "param": error.param,
        "type": error.type,
        "message": error.message,
        "status": error.status_code if is_status else None,
        "retry after": error.response.headers.get("retry-after") if is_status else None,
        "request id": error.request_id if is_status else None,
    }
print(json.dumps(found))
