// @langchain/openai: chat completions and responses, whole and streamed, refused and cancelled.

import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";

const [QUESTION, FOLLOW_UP] = ["큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법", "그 논문의 한계는?"];
const where = { configuration: { baseURL: process.env.OPENAI_BASE_URL }, maxRetries: 0 };
const found = {};

async function writing() {
  const text = await (await fetch(process.env.OPENAI_BASE_URL.replace(/v1$/, "metrics"))).text();
  return Number(/^nonmun_answers_writing (.*)$/m.exec(text)[1]);
}

if (process.argv[2] === "cancel") {
  const model = new ChatOpenAI({ model: "nonmun", ...where });
  const controller = new AbortController();
  const chunks = await model.stream("보상 모델 없이 선호에 맞추는 학습은?", { signal: controller.signal });
  await chunks.next();
  found.began = await writing();
  controller.abort();
  for (let tries = 0; tries < 1200 && (await writing()) > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  found.ended = (await writing()) === 0;
} else if (process.argv[2] === "broken") {
  try {
    for await (const chunk of await new ChatOpenAI({ model: "nonmun", ...where }).stream(QUESTION)) void chunk;
  } catch (error) {
    found.broken = [error.constructor.name, error.code ?? null, error.message];
  }
} else {
  const model = new ChatOpenAI({ model: "nonmun", ...where });
  const message = await model.invoke(QUESTION); // text with [1] and the list of links; annotations are dropped

  const conversation = [new HumanMessage(QUESTION), new AIMessage(message.content), new HumanMessage(FOLLOW_UP)];
  let streamed = "";
  for await (const chunk of await model.stream(conversation)) streamed += chunk.content;

  const responses = new ChatOpenAI({ model: "nonmun", useResponsesApi: true, ...where });
  const reply = await responses.invoke(QUESTION);
  const citations = reply.content.flatMap((block) => block.annotations ?? []);

  Object.assign(found, { content: message.content, streamed, response: reply.text, citations });
  found.extra = [...Object.keys(message.additional_kwargs), ...Object.keys(message.response_metadata)];
  try {
    await new ChatOpenAI({ model: "gpt-4o", ...where }).invoke(QUESTION);
  } catch (error) {
    found.refused = [error.status, error.code];
  }
}
console.log(JSON.stringify(found));
