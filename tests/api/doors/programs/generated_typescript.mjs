// openapi-typescript: types generated from the document that the service serves, and a program that tsc checks by them.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const [url, key, question, paperId] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
mkdirSync(join(here, "generated"), { recursive: true });
const folder = mkdtempSync(join(here, "generated", "run-")); // modules are looked up from here
const document = new URL(`${url}/openapi.json`); // a field with a default may be left out
writeFileSync(join(folder, "schema.d.ts"), astToString(await openapiTS(document, { defaultNonNullable: false })));
writeFileSync(
  join(folder, "program.mts"),
  `
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

type Schemas = components["schemas"];
type Answer = Schemas["AskResponse"];
type AnswerEvent = Schemas["AnswerEvent"];

export async function run(url: string, key: string, question: string, paperId: string): Promise<unknown> {
  type Json = "application/json" | "application/problem+json"; // not the exports
  const api = createClient<paths, Json>({ baseUrl: url, headers: { authorization: \`Bearer \${key}\` } });

  const asked = await api.POST("/v1/ask", { body: { question, k: 3 } });
  if (asked.error) throw new Error(asked.error.detail);
  const answer: Answer = asked.data;

  const searched = await api.POST("/v1/search", { body: { question, k: 2, where: { lang: "en", source: "abstract" } } });
  const paper = await api.GET("/v1/papers/{paper_id}", { params: { path: { paper_id: paperId } } });
  const page = await api.GET("/v1/papers", { params: { query: { limit: 2, sections: ["results"] } } });
  const similar = await api.GET("/v1/papers/{paper_id}/similar", {
    params: { path: { paper_id: paperId }, query: { k: 2 } },
  });
  const hits: Schemas["Hit"][] = similar.data?.hits ?? [];

  const refused = await api.POST("/v1/search", { body: { question: " " } });
  const problem: Schemas["Problem"] | undefined = refused.error;
  // @ts-expect-error - the document has no such field
  await api.POST("/v1/search", { body: { query: question } });
  // @ts-expect-error - nor such a language
  await api.POST("/v1/search", { body: { question, where: { lang: "fr" } } });

  const stream = await api.POST("/v1/ask", { body: { question, k: 3, stream: true }, parseAs: "text" });
  const frames = String(stream.data).split("\\n\\n").filter((frame) => frame.startsWith("event: "));
  const events = frames.map((frame): AnswerEvent => {
    const [event, data] = frame.split("\\n").map((line) => line.slice(line.indexOf(": ") + 2));
    return { event, data } as AnswerEvent;
  });
  const texts: string[] = [];
  let streamed: Answer | undefined;
  for (const event of events) {
    if (event.event === "token") texts.push((JSON.parse(event.data) as Schemas["TokenEvent"]).text);
    if (event.event === "done") streamed = JSON.parse(event.data) as Answer;
  }

  const exported = await api.GET("/v1/papers/{paper_id}", {
    params: { path: { paper_id: paperId } },
    headers: { accept: "application/x-bibtex" },
    parseAs: "text",
  });
  return {
    answer,
    results: searched.data,
    paper: paper.data,
    page: page.data,
    similar: hits.map((hit) => hit.paper_id),
    refused: [refused.response.status, problem?.code, problem?.field],
    events: [...new Set(events.map((event) => event.event))],
    text: texts.join(""),
    streamed,
    exported: exported.data,
  };
}
`,
);
const tsc = join(here, "node_modules", ".bin", "tsc");
const options = "--strict --module nodenext --target es2022 --lib es2022,dom --skipLibCheck false".split(" ");
execFileSync(tsc, [...options, join(folder, "program.mts")], { stdio: ["ignore", 2, 2] });
const { run } = await import(pathToFileURL(join(folder, "program.mjs")));
console.log(JSON.stringify(await run(url, key, question, paperId)));
