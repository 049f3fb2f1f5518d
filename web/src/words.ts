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

/** Return an answer as plain text, with its warnings, that ends with its quotations and where they stand. */
export function asText(answer: Answer, words: Words): string {
	const lines = answer.lines.map((line) => {
		if (line.kind === "title") return `\n${line.text} (${line.paper_id})${line.days ? ` · ${line.days}` : ""}`;
		if (line.kind === "withheld") return `- ${words("line_withheld")}`;
		const text = line.kind === "quote" ? `- “${line.text}”` : line.text;
		return [text, shownNumbers(line.numbers), line.note].filter(Boolean).join(" ");
	});
	const sources = answer.quotations.map((one) => {
		if (one.lost) return `[${one.number}] ${one.paper_id}: ${words(`quotation_${one.lost}`)}`;
		const label = one.label ? ` (${words(`trust_${one.label}`)})` : "";
		const source = `${one.title}, ${sourceOf(one, words)}${label}, ${one.url}`;
		return `[${one.number}] “${one.text}” — ${source}\n    ${new URL(one.href, ROOT)}`;
	});
	const conditions = answer.chips.map((chip) => chip.text).join(" · ");
	const head = [answer.question, words(`confidence_${answer.confidence}`), conditions].filter(Boolean);
	return [...head, "", lines.join("\n").trim(), "", ...sources].join("\n").trim();
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
