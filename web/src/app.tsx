/** The conversation, and the form that continues it. */

import type { ComponentChild } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as conversations from "./conversations";
import { Earlier } from "./earlier";
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
			const update = (next: Turn) => {
				turn = next;
				if (running.current === control) show({ id, turns: [...before, next] });
			};
			update(turn);
			setOpened(null);
			setStatus(words("searching"));
			history.pushState({ conversation: id, length: at + 1 }, "", `?${query}`);
			linkLanguages(query);
			document.title = words("page_title", { title: turn.question });
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
				history.replaceState({ conversation: id, length: at + 1 }, "");
			}
		},
		[show, stop, words],
	);

	useEffect(() => {
		// The answer that came with the page belongs to the history and the storage as well.
		const { id, turns } = latest.current;
		if (turns.length) {
			const saved = conversations.save(id, answersOf(turns));
			setStored(saved.isStored);
			show({ id: saved.id, turns });
			history.replaceState({ conversation: saved.id, length: turns.length }, "");
		}
		const back = () => {
			stop();
			running.current = null;
			setOpened(null);
			const restored = restore(null);
			show(restored);
			const query = location.search.slice(1);
			linkLanguages(query);
			const isStart = !new URLSearchParams(query).has("q");
			if (!restored.turns.length && !(isStart && document.getElementById("introduction"))) location.reload();
		};
		addEventListener("popstate", back);
		return () => removeEventListener("popstate", back);
	}, [show, stop]);

	useForm(shown.turns, ask);

	const openConversation = (one: conversations.Conversation) => {
		const last = one.answers.at(-1);
		history.pushState({ conversation: one.id, length: one.answers.length }, "", `?${last?.query ?? ""}`);
		show({ id: one.id, turns: one.answers.map(answeredTurn) });
	};
	const { turns } = shown;
	return (
		<>
			{turns.map((turn, at) => (
				<TurnView
					key={`${at}:${turn.query}`}
					turn={turn}
					at={at}
					isLast={at === turns.length - 1}
					open={(quotation, opener) => setOpened({ quotation, opener })}
					ask={(query) => ask(query, at)}
					stop={stop}
				/>
			))}
			{!isStored && <p class="note">{words("storage_full")}</p>}
			<p class="visually-hidden" role="status">
				{status}
			</p>
			{opened && <Panel {...opened} close={() => setOpened(null)} />}
			{!turns.length && <Earlier open={openConversation} />}
			<Offline />
		</>
	);
}

/** Return the conversation of this entry of the history, with an answer that came with the page as its last. */
function restore(answer: Answer | null): Shown {
	const position = conversations.positionOf(history.state);
	const stored = position ? conversations.load(position.conversation) : null;
	const answers = stored?.answers.slice(0, position?.length) ?? [];
	const query = answer?.query ?? location.search.slice(1);
	if (stored && answers.at(-1)?.query === query) {
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

/** Let the links to the other languages show what this entry of the history does. */
function linkLanguages(query: string): void {
	for (const link of document.querySelectorAll<HTMLAnchorElement>("nav.languages a")) {
		const fields = new URLSearchParams(query);
		fields.set("lang", link.hreflang);
		link.href = `?${fields}`;
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

/** Ask what the form of the page asks for, as the next turn of a conversation. */
function useForm(turns: Turn[], ask: (query: string, at: number) => void): void {
	const words = useWords();
	useEffect(() => {
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
	useEffect(() => {
		for (const id of ["tagline", "introduction"]) document.getElementById(id)?.toggleAttribute("hidden", hasTurns);
		document.getElementById("asking")?.classList.toggle("follow-up", hasTurns);
		const label = document.querySelector<HTMLLabelElement>('label[for="q"]');
		if (label) label.textContent = words(hasTurns ? "follow_up" : "question");
	}, [hasTurns, words]);

	useEffect(() => {
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
