/** The words of the page, and answers as text. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ROOT } from "./server";
import type { Answer, Quotation, Texts } from "./types";

export type Words = (key: string, values?: Record<string, string | number>) => string;

export function wordsOf(texts: Texts): Words {
	return (key, values = {}) =>
		(texts[key] ?? key).replace(/\{(\w+)(?::,)?\}/g, (field, name) => String(values[name] ?? field));
}

const Context = createContext<Words>(wordsOf({}));
export const WordsProvider = Context.Provider;

export function useWords(): Words {
	return useContext(Context);
}

export function sourceOf(quotation: Quotation, words: Words): string {
	return quotation.entry ? words("from_summary", { day: quotation.entry }) : words("from_abstract");
}

export function shownNumbers(numbers: number[]): string {
	return numbers.map((number) => `[${number}]`).join("");
}

/** Return an answer as plain text that ends with its quotations and where they stand. */
export function asText(answer: Answer, words: Words): string {
	const lines = answer.lines.map((line) =>
		line.kind === "title"
			? `\n${line.text} (${line.paper_id})${line.days ? ` · ${line.days}` : ""}`
			: `${line.kind === "quote" ? `- “${line.text}”` : line.text} ${shownNumbers(line.numbers)}`.trimEnd(),
	);
	const sources = answer.quotations.map(
		(one) =>
			`[${one.number}] “${one.text}” — ${one.title}, ${sourceOf(one, words)}, ${one.url}\n    ${new URL(one.href, ROOT)}`,
	);
	return [answer.question, "", lines.join("\n").trim(), "", ...sources].join("\n").trim();
}

export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Pages that came over plain HTTP have no clipboard.
		const area = document.createElement("textarea");
		area.value = text;
		area.className = "visually-hidden";
		document.body.append(area);
		area.select();
		const done = document.execCommand("copy");
		area.remove();
		return done;
	}
}
