/** The entries of the browser's history: what each shows, and how the page around the conversation follows it. */

import type { Words } from "./words";

/** What an entry shows: the first answers of a conversation. */
export interface Position {
	conversation: string;
	length: number;
}

const CURRENT = "nonmun:entry"; // of this tab: a link to the other language makes an entry without a position

/** Return a query string without the choice of a language, so that equal questions have equal ones. */
export function normalized(query: string): string {
	const fields = new URLSearchParams(query);
	fields.delete("lang");
	return fields.toString();
}

/** Return what the current entry shows; null if it is not known. */
export function currentPosition(): Position | null {
	const { conversation, length } = (history.state ?? {}) as Partial<Position>;
	if (typeof conversation === "string" && typeof length === "number") return { conversation, length };
	try {
		const last = JSON.parse(sessionStorage.getItem(CURRENT) ?? "null") as (Position & { query: string }) | null;
		return last && last.query === normalized(location.search) ? last : null;
	} catch {
		return null;
	}
}

/** Make a new entry. */
export function pushEntry(query: string, position: Position): void {
	history.pushState(position, "", `?${query}`);
	remember(position);
}

/** Note what the current entry shows. */
export function noteEntry(position: Position): void {
	history.replaceState({ conversation: position.conversation, length: position.length }, "");
	remember(position);
}

function remember({ conversation, length }: Position): void {
	try {
		sessionStorage.setItem(CURRENT, JSON.stringify({ conversation, length, query: normalized(location.search) }));
	} catch {
		// The conversation reports a full storage, when it is saved.
	}
}

/** Let the title, the links to the other languages and the form follow what an entry shows. */
export function followEntry(query: string, question: string, words: Words): void {
	document.title = words("page_title", { title: question || words("ask") });
	for (const link of document.querySelectorAll<HTMLAnchorElement>("nav.languages a")) {
		const fields = new URLSearchParams(query);
		fields.set("lang", link.hreflang);
		link.href = `?${fields}`;
	}
	const fields = new URLSearchParams(query);
	for (const field of document.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
		"form.question input[name], form.question select",
	)) {
		if (field.name === "q" || field.name === "turn") continue;
		if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = fields.has(field.name);
		else field.value = fields.get(field.name) ?? "";
	}
}
