/** Requests to the service. */

import { EventSourceParserStream } from "eventsource-parser/stream";
import type { Answer, AnswerEvent, Chip, Line, Place, Quotation } from "./types";

/** The address of the service: the folder that the page for asking is in. */
export const ROOT = new URL(".", location.href.replace(/[?#].*$/, ""));

export type FailureKind = "busy" | "cut_off" | "offline" | "refused" | "signed_out" | "unreachable";

/** A request that failed, for a reason that the page has words for. */
export class Failure extends Error {
	readonly kind: FailureKind;

	constructor(kind: FailureKind, message = "") {
		super(message);
		this.kind = kind;
	}
}

async function request(path: string, init: RequestInit): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(new URL(path, ROOT), init);
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new Failure(navigator.onLine ? "unreachable" : "offline");
	}
	if (response.ok) return response;
	if (response.status === 401) throw new Failure("signed_out");
	if (response.status === 429 || response.status === 503) throw new Failure("busy");
	const problem = await response.json().catch(() => ({}));
	throw new Failure("refused", typeof problem.detail === "string" ? problem.detail : response.statusText);
}

/** Ask the question of a query string, and yield the events of its answer. */
export async function* streamAnswer(query: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
	const response = await request(`ask/events?${query}`, { headers: { accept: "text/event-stream" }, signal });
	if (!response.body) throw new Failure("cut_off");
	const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
	const reader = events.getReader();
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) break;
			if (value.event === "error") {
				const problem = JSON.parse(value.data) as { status: number; detail: string };
				throw problem.status === 503 ? new Failure("cut_off") : new Failure("refused", problem.detail);
			}
			const event = parse(value.event ?? "", value.data);
			if (event) yield event;
			if (event?.name === "done") return;
		}
	} catch (error) {
		if (error instanceof Failure || signal.aborted) throw error;
	} finally {
		reader.cancel().catch(() => undefined);
	}
	throw new Failure(navigator.onLine ? "cut_off" : "offline");
}

function parse(name: string, data: string): AnswerEvent | null {
	const value: unknown = JSON.parse(data);
	switch (name) {
		case "reading":
			return { name, ...(value as { chips: Chip[]; papers: number }) };
		case "line":
			return { name, ...(value as { at: number; line: Line; quotations: Quotation[] }) };
		case "restart":
			return { name };
		case "done":
			return { name, answer: value as Answer };
		default:
			return null;
	}
}

/** Return the text in which a quotation stands. */
export async function fetchPlace(quotation: Quotation): Promise<Place> {
	const path = quotation.href.replace(/^papers\//, "places/").replace(/#.*$/, "");
	const response = await request(path, { headers: { accept: "application/json" } });
	return (await response.json()) as Place;
}

/** What the index does not hold any more of an answer: quotations by number, and positions of its lines. */
export interface Losses {
	lost: Record<number, "changed" | "gone">;
	withheld: number[];
}

export function checkAnswer(seal: string): Promise<Losses> {
	return post<Losses>("answers/check", { answer: seal });
}

/** Send a form, and return what the service answers. */
export function submit(path: string, fields: Record<string, string>): Promise<{ href?: string }> {
	return post<{ href?: string }>(path, fields);
}

async function post<T>(path: string, fields: Record<string, string>): Promise<T> {
	const response = await request(path, {
		method: "POST",
		headers: { accept: "application/json" },
		body: new URLSearchParams(fields),
	});
	return (await response.json()) as T;
}
