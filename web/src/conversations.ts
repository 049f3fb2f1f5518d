/** Conversations, as the browser keeps them: the answers by conversation, each with the query string that asked for it. */

import type { Answer } from "./types";

const PREFIX = "nonmun:conversation:";
const MOST = 20;

export interface Conversation {
	id: string;
	at: number;
	answers: Answer[];
}

export function newId(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("");
}

/** Return a conversation; null if it is not stored, or by another version. */
export function load(id: string): Conversation | null {
	try {
		const stored = JSON.parse(localStorage.getItem(PREFIX + id) ?? "null") as Conversation | null;
		return stored && Array.isArray(stored.answers) && stored.answers.every(isAnswer) ? stored : null;
	} catch {
		return null;
	}
}

function isAnswer(value: Partial<Answer> | null): boolean {
	return (
		typeof value?.query === "string" &&
		typeof value.question === "string" &&
		Array.isArray(value.lines) &&
		Array.isArray(value.quotations) &&
		Array.isArray(value.chips) &&
		Array.isArray(value.unsupported)
	);
}

/**
 * Store the answers of a conversation, and return its id.
 *
 * Another tab may have continued it since; these answers become a conversation of their own then.
 */
export function save(id: string, answers: Answer[]): { id: string; isStored: boolean } {
	const stored = load(id);
	const isContinued = stored?.answers.some((answer, at) => answers[at] && answers[at]?.query !== answer.query);
	const key = isContinued ? newId() : id;
	const kept = stored && !isContinued && stored.answers.length > answers.length ? stored.answers : answers;
	const value = JSON.stringify({ id: key, at: Date.now(), answers: kept } satisfies Conversation);
	for (const older of [
		...all()
			.slice(MOST - 1)
			.reverse(),
		null,
	]) {
		try {
			localStorage.setItem(PREFIX + key, value);
			prune();
			return { id: key, isStored: true };
		} catch {
			if (older && older.id !== key) localStorage.removeItem(PREFIX + older.id);
		}
	}
	return { id: key, isStored: false };
}

/** Return the stored conversations, the latest first. */
export function all(): Conversation[] {
	try {
		const ids = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
		const found = ids.map((key) => load(key.slice(PREFIX.length)));
		return found
			.filter((one) => one !== null && one.answers.length > 0)
			.sort((a, b) => (b?.at ?? 0) - (a?.at ?? 0)) as Conversation[];
	} catch {
		return [];
	}
}

/** Replace a stored answer by what is left of it. */
export function replaceAnswer(id: string, at: number, answer: Answer): void {
	const stored = load(id);
	if (stored?.answers[at]?.query !== answer.query) return;
	stored.answers[at] = answer;
	try {
		localStorage.setItem(PREFIX + id, JSON.stringify(stored));
	} catch {
		localStorage.removeItem(PREFIX + id);
	}
}

function prune(): void {
	for (const old of all().slice(MOST)) localStorage.removeItem(PREFIX + old.id);
}

export function forgetAll(): void {
	for (const one of all()) localStorage.removeItem(PREFIX + one.id);
}
