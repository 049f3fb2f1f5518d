/** The conversation, and the form that continues it. */

import type { ComponentChild } from "preact";
import { createPortal } from "preact/compat";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { remaining } from "./checks";
import * as conversations from "./conversations";
import { Earlier } from "./earlier";
import { currentPosition, followEntry, normalized, noteEntry, pushEntry } from "./entries";
import { Panel } from "./panel";
import { Failure, streamAnswer } from "./server";
import { answeredTurn, startedTurn, type Turn, TurnView } from "./turn";
import type { Answer, AnswerEvent, PageState, Quotation } from "./types";
import { useWords, type Words } from "./words";

const MAX_TURN_CHARACTERS = 4000; // of the turns in an address, as the server has it
const MAX_TURNS = 20;

interface Shown {
	id: string;
	turns: Turn[];
}

export function App({ page }: { page: PageState }): ComponentChild {
	const words = useWords();
	const [shown, setShown] = useState<Shown>(() => restore(page.answer));
	const [opened, setOpened] = useState<{ quotation: Quotation; opener: HTMLElement } | null>(null);
	const [status, setStatus] = useState("");
	const [isStored, setStored] = useState(true);
	const running = useRef<AbortController | null>(null);
	const latest = useRef(shown);
	const search = useRef(location.search);
	latest.current = shown;

	const show = useCallback((next: Shown) => {
		latest.current = next;
		setShown(next);
	}, []);

	const stop = useCallback(() => running.current?.abort(), []);

	const ask = useCallback(
		async (query: string, at: number) => {
			stop();
			const control = new AbortController();
			running.current = control;
			const before = latest.current.turns.slice(0, at).map((one) => stopped(one, words));
			let turn = startedTurn(query, document.documentElement.lang);
			let id = latest.current.id;
			const position = () => ({ conversation: id, length: answersOf(before).length + 1 });
			const update = (next: Turn) => {
				turn = next;
				if (running.current === control) show({ id, turns: [...before, next] });
			};
			update(turn);
			setOpened(null);
			setStatus(words("searching"));
			pushEntry(query, position());
			search.current = location.search;
			followEntry(query, turn.question, words);
			requestAnimationFrame(() => document.getElementById(`question-${at}`)?.scrollIntoView({ block: "start" }));
			try {
				for await (const event of streamAnswer(query, control.signal)) update(advance(turn, event));
				setStatus(words("answered", { count: turn.quotations.length }));
			} catch (error) {
				update(
					control.signal.aborted ? stopped(turn, words) : { ...turn, status: "failed", message: explain(error, words) },
				);
				return;
			}
			if (running.current !== control) return;
			const saved = conversations.save(id, answersOf([...before, turn]));
			setStored(saved.isStored);
			if (saved.id !== id) {
				id = saved.id;
				update(turn);
				noteEntry(position());
			}
		},
		[show, stop, words],
	);

	/** Withhold what the index does not hold any more of answers that the browser has kept. */
	const recheck = useCallback(
		async (restored: Shown) => {
			for (const [at, { answer }] of restored.turns.entries()) {
				const left = answer && (await remaining(answer));
				if (!left) continue;
				conversations.replaceAnswer(restored.id, at, left);
				const { id, turns } = latest.current;
				if (id !== restored.id || turns[at]?.query !== left.query) continue;
				show({ id, turns: turns.map((turn, other) => (other === at ? answeredTurn(left) : turn)) });
			}
		},
		[show],
	);

	useEffect(() => {
		// The answer that came with the page belongs to the history and the storage as well.
		const { id, turns } = latest.current;
		if (turns.length) {
			const saved = conversations.save(id, answersOf(turns));
			setStored(saved.isStored);
			const restored = { id: saved.id, turns };
			show(restored);
			noteEntry({ conversation: saved.id, length: turns.length });
			recheck({ id: saved.id, turns: turns.slice(0, -1) });
		}
		const back = () => {
			if (!history.state && location.search === search.current) {
				// A link within the page made an entry of its own, which shows the same.
				noteEntry({ conversation: latest.current.id, length: answersOf(latest.current.turns).length });
				return;
			}
			stop();
			running.current = null;
			setOpened(null);
			const restored = restore(null);
			const query = location.search.slice(1);
			const isStart = !new URLSearchParams(query).has("q");
			search.current = location.search;
			show(restored);
			followEntry(query, restored.turns.at(-1)?.question ?? "", words);
			if (restored.turns.length) recheck(restored);
			else if (!isStart || !document.getElementById("introduction")) location.reload();
		};
		addEventListener("popstate", back);
		return () => removeEventListener("popstate", back);
	}, [recheck, show, stop, words]);

	useForm(shown.turns, ask);

	const openConversation = (one: conversations.Conversation) => {
		const last = one.answers.at(-1);
		const restored = { id: one.id, turns: one.answers.map(answeredTurn) };
		pushEntry(last?.query ?? "", { conversation: one.id, length: one.answers.length });
		search.current = location.search;
		show(restored);
		followEntry(last?.query ?? "", last?.question ?? "", words);
		recheck(restored);
		requestAnimationFrame(() => document.getElementById("question-0")?.focus());
	};
	const { turns } = shown;
	const host = document.getElementById("conversations");
	return (
		<>
			<Before turn={turns[0]} />
			{turns.map((turn, at) => (
				<TurnView
					key={`${at}:${turn.query}`}
					turn={turn}
					at={at}
					isLast={at === turns.length - 1}
					open={(quotation, opener) => setOpened({ quotation, opener })}
					ask={(query) => {
						ask(query, at);
						requestAnimationFrame(() => document.getElementById(`question-${at}`)?.focus());
					}}
					stop={stop}
				/>
			))}
			{!isStored && <p class="note">{words("storage_full")}</p>}
			<p class="visually-hidden" role="status">
				{status}
			</p>
			{opened && <Panel {...opened} close={() => setOpened(null)} />}
			{!turns.length && host && createPortal(<Earlier open={openConversation} />, host)}
			<Offline />
		</>
	);
}

/** The questions before those of the conversation on the page, which its address holds. */
function Before({ turn }: { turn: Turn | undefined }): ComponentChild {
	const words = useWords();
	const questions = new URLSearchParams(turn?.query).getAll("turn").map(questionOf);
	if (!questions.length) return null;
	return (
		<details class="earlier">
			<summary>{words("conversation")}</summary>
			<ol>
				{questions.map((question) => (
					<li key={question}>
						<bdi>{question}</bdi>
					</li>
				))}
			</ol>
		</details>
	);
}

function questionOf(turn: string): string {
	try {
		return String((JSON.parse(turn) as { question?: unknown }).question ?? "");
	} catch {
		return "";
	}
}

/** Return the conversation of this entry of the history, with an answer that came with the page as its last. */
function restore(answer: Answer | null): Shown {
	const position = currentPosition();
	const stored = position ? conversations.load(position.conversation) : null;
	const answers = stored?.answers.slice(0, position?.length) ?? [];
	const query = normalized(answer?.query ?? location.search);
	if (stored && normalized(answers.at(-1)?.query ?? "") === query) {
		const turns = (answer ? [...answers.slice(0, -1), answer] : answers).map(answeredTurn);
		return { id: stored.id, turns };
	}
	return { id: conversations.newId(), turns: answer ? [answeredTurn(answer)] : [] };
}

function answersOf(turns: Turn[]): Answer[] {
	return turns.flatMap((turn) => turn.answer ?? []);
}

function advance(turn: Turn, event: AnswerEvent): Turn {
	switch (event.name) {
		case "reading":
			return { ...turn, chips: event.chips, papers: event.papers };
		case "restart":
			return { ...turn, lines: [], quotations: [] };
		case "line": {
			const lines = [...turn.lines];
			lines[event.at] = event.line;
			const known = new Set(event.quotations.map((one) => one.number));
			const quotations = [...turn.quotations.filter((one) => !known.has(one.number)), ...event.quotations];
			return { ...turn, lines, quotations };
		}
		case "done":
			return { ...answeredTurn(event.answer), query: turn.query };
	}
}

/** Return a turn whose answer does not arrive any more. */
function stopped(turn: Turn, words: Words): Turn {
	return turn.status === "streaming" ? { ...turn, status: "stopped", message: words("stopped") } : turn;
}

function explain(error: unknown, words: Words): string {
	if (error instanceof Failure) return error.kind === "refused" ? error.message : words(error.kind);
	return words("error");
}

/**
 * Ask what the form of the page asks for, as the next turn of a conversation.
 *
 * Layout effects, since a form that is sent before the first paint would load another page.
 */
function useForm(turns: Turn[], ask: (query: string, at: number) => void): void {
	const words = useWords();
	useLayoutEffect(() => {
		const form = document.querySelector<HTMLFormElement>("form.question");
		if (!form) return;
		const submit = (event: SubmitEvent) => {
			event.preventDefault();
			const fields = [...new FormData(form)].filter(([key, value]) => key !== "turn" && value !== "") as [
				string,
				string,
			][];
			ask(new URLSearchParams([...earlierTurns(turns), ...fields]).toString(), turns.length);
			const question = form.querySelector<HTMLInputElement>("#q");
			if (question) question.value = "";
		};
		form.addEventListener("submit", submit);
		return () => form.removeEventListener("submit", submit);
	}, [turns, ask]);

	const hasTurns = turns.length > 0;
	useLayoutEffect(() => {
		for (const id of ["tagline", "introduction"]) document.getElementById(id)?.toggleAttribute("hidden", hasTurns);
		document.getElementById("anew")?.toggleAttribute("hidden", !hasTurns);
		document.getElementById("asking")?.classList.toggle("follow-up", hasTurns);
		const label = document.querySelector<HTMLLabelElement>('label[for="q"]');
		if (label) label.textContent = words(hasTurns ? "follow_up" : "question");
	}, [hasTurns, words]);

	useLayoutEffect(() => {
		const focus = (event: KeyboardEvent) => {
			const target = event.target as HTMLElement;
			if (
				event.key !== "/" ||
				event.ctrlKey ||
				event.metaKey ||
				event.altKey ||
				target.closest("input, select, textarea")
			)
				return;
			event.preventDefault();
			document.getElementById("q")?.focus();
		};
		addEventListener("keydown", focus);
		return () => removeEventListener("keydown", focus);
	}, []);
}

/** Return the turns that the next question sends: the latest that an address can hold. */
function earlierTurns(turns: Turn[]): [string, string][] {
	const first = turns[0];
	const before = first ? new URLSearchParams(first.query).getAll("turn") : [];
	const all = [...before, ...answersOf(turns).map((answer) => answer.turn)];
	const kept: [string, string][] = [];
	let characters = 0;
	for (const turn of all.reverse()) {
		characters += turn.length;
		if (kept.length >= MAX_TURNS || (kept.length && characters > MAX_TURN_CHARACTERS)) break;
		kept.unshift(["turn", turn]);
	}
	return kept;
}

function Offline(): ComponentChild {
	const words = useWords();
	const [isOffline, setOffline] = useState(!navigator.onLine);
	useEffect(() => {
		const update = () => setOffline(!navigator.onLine);
		for (const name of ["online", "offline"]) addEventListener(name, update);
		return () => {
			for (const name of ["online", "offline"]) removeEventListener(name, update);
		};
	}, []);
	const main = document.getElementById("content");
	if (!isOffline || !main) return null;
	return (
		<p class="warning offline" role="alert">
			{words("offline")}
		</p>
	);
}
