/** A question and its answer. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { Actions } from "./actions";
import { ROOT } from "./server";
import type { Answer, Chip, Confidence, Line, Quotation } from "./types";
import { sourceOf, useWords } from "./words";

export type Status = "streaming" | "done" | "stopped" | "failed";

/** A turn of the conversation on the page. While its answer arrives, only its parts are there. */
export interface Turn {
	query: string;
	question: string;
	status: Status;
	lang: string;
	chips: Chip[];
	lines: Line[];
	quotations: Quotation[];
	papers: number | null;
	answer: Answer | null;
	message: string;
}

export function startedTurn(query: string, lang: string): Turn {
	const question = new URLSearchParams(query).get("q") ?? "";
	return {
		query,
		question,
		status: "streaming",
		lang,
		chips: [],
		lines: [],
		quotations: [],
		papers: null,
		answer: null,
		message: "",
	};
}

export function answeredTurn(answer: Answer): Turn {
	const { query, question, lang, chips, lines, quotations } = answer;
	return { query, question, status: "done", lang, chips, lines, quotations, papers: null, answer, message: "" };
}

interface Props {
	turn: Turn;
	at: number;
	isLast: boolean;
	open: (quotation: Quotation, opener: HTMLElement) => void;
	ask: (query: string) => void;
	stop: () => void;
}

export function TurnView({ turn, at, isLast, open, ask, stop }: Props): ComponentChild {
	const words = useWords();
	const id = (number: number) => `quotation-${isLast ? "" : `${at + 1}-`}${number}`;
	const { answer } = turn;
	return (
		<article class="turn" aria-busy={turn.status === "streaming"} aria-labelledby={`question-${at}`}>
			<h1 id={`question-${at}`} tabIndex={-1}>
				<bdi>{turn.question}</bdi>
			</h1>
			{answer && <ConfidenceLine confidence={answer.confidence} isWritten={answer.is_written} />}
			<Chips chips={turn.chips} ask={ask} />
			<section class="answer" lang={turn.lang}>
				{turn.lines.map((line, position) => (
					<LineView key={position} line={line} id={id} quotations={turn.quotations} open={open} />
				))}
			</section>
			{turn.status === "streaming" && (
				<div class="progress">
					<progress aria-label={words("searching")} />
					<span>{turn.papers === null ? words("searching") : words("reading", { count: turn.papers })}</span>
					<button type="button" class="quiet" onClick={stop}>
						{words("stop")}
					</button>
				</div>
			)}
			{turn.message && (
				<div class="warning" role="alert">
					<bdi>{turn.message}</bdi>{" "}
					{turn.message === words("signed_out") ? (
						<a href={`${ROOT}login?next=${encodeURIComponent(`/?${turn.query}`)}`}>{words("sign_in")}</a>
					) : (
						<button type="button" class="quiet" onClick={() => ask(turn.query)}>
							{words("retry")}
						</button>
					)}
				</div>
			)}
			{answer?.is_written && answer.unsupported.length > 0 && (
				<p class="warning">{words("unsupported", { words: answer.unsupported.join(", ") })}</p>
			)}
			{answer?.hint && (
				<p class="note">
					{answer.hint} <a href={`${ROOT}digests`}>{words("all_days")}</a>
				</p>
			)}
			<Quotations turn={turn} id={id} isLast={isLast} open={open} />
			{answer && <Actions answer={answer} />}
		</article>
	);
}

function ConfidenceLine({ confidence, isWritten }: { confidence: Confidence; isWritten: boolean }): ComponentChild {
	const words = useWords();
	return (
		<p class={`confidence ${confidence}`}>
			{words(`confidence_${confidence}`)}
			{isWritten && ` · ${words("written")}`}
		</p>
	);
}

function Chips({ chips, ask }: { chips: Chip[]; ask: (query: string) => void }): ComponentChild {
	const words = useWords();
	if (!chips.length) return null;
	return (
		<ul class="chips" aria-label={words("understood")}>
			{chips.map((chip) => (
				<li key={chip.href}>
					<bdi>{chip.text}</bdi>{" "}
					<a
						href={chip.href}
						aria-label={words("remove_filter", { what: chip.text })}
						onClick={(event) => {
							if (isPlain(event)) ask(chip.href.slice(1));
						}}
					>
						×
					</a>
				</li>
			))}
		</ul>
	);
}

interface LineProps {
	line: Line;
	quotations: Quotation[];
	id: (number: number) => string;
	open: Props["open"];
}

function LineView({ line, quotations, id, open }: LineProps): ComponentChild {
	const words = useWords();
	if (line.kind === "title") {
		return (
			<h2>
				<a href={`${ROOT}papers/${encodeURI(line.paper_id)}`}>
					<bdi>{line.text}</bdi>
				</a>
				{line.days && <small> {line.days}</small>}
			</h2>
		);
	}
	const numbers = line.numbers.map((number) => {
		const quotation = quotations.find((one) => one.number === number);
		return <Reference key={number} number={number} id={id} quotation={quotation} open={open} />;
	});
	if (line.kind === "heading") return <h3>{line.text}</h3>;
	if (line.kind === "label") {
		return (
			<p class="label">
				<strong>
					<bdi>{line.text}</bdi>
				</strong>
			</p>
		);
	}
	if (line.kind === "withheld") return <p class="quoted note">{words("line_withheld")}</p>;
	if (line.kind === "text") {
		return (
			<p>
				<bdi>{line.text}</bdi> {numbers}
			</p>
		);
	}
	return (
		<p class={line.is_indented ? "quoted indented" : "quoted"}>
			<q lang={line.lang}>
				<bdi>{line.text}</bdi>
			</q>{" "}
			{numbers}
			{line.note && <span class="note"> {line.note}</span>}
		</p>
	);
}

interface ReferenceProps {
	number: number;
	quotation: Quotation | undefined;
	id: (number: number) => string;
	open: Props["open"];
}

function Reference({ number, quotation, id, open }: ReferenceProps): ComponentChild {
	const words = useWords();
	return (
		<sup>
			<a
				href={`#${id(number)}`}
				aria-label={words("citation", { number })}
				aria-haspopup={quotation?.href.includes("?") ? "dialog" : undefined}
				onClick={(event) => {
					if (quotation?.href.includes("?") && isPlain(event)) open(quotation, event.currentTarget);
				}}
			>
				[{number}]
			</a>
		</sup>
	);
}

interface QuotationsProps {
	turn: Turn;
	isLast: boolean;
	id: (number: number) => string;
	open: Props["open"];
}

function Quotations({ turn, isLast, id, open }: QuotationsProps): ComponentChild {
	const words = useWords();
	const [isOpen, setOpen] = useState(false);
	if (!turn.quotations.length || turn.status === "streaming") return null;
	const list = (
		<ol class="quotations">
			{turn.quotations.map((quotation) => (
				<li key={quotation.number} id={id(quotation.number)}>
					{quotation.lost ? (
						<p>
							{quotation.paper_id} <strong class="lost">{words(`quotation_${quotation.lost}`)}</strong>
						</p>
					) : (
						<Words quotation={quotation} open={open} />
					)}
				</li>
			))}
		</ol>
	);
	// Those of earlier turns would part the turns too far.
	return isLast ? (
		<section aria-labelledby="quotations">
			<h2 id="quotations">{words("citations")}</h2>
			{list}
		</section>
	) : (
		<details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>
				{words("citations")} ({turn.quotations.length})
			</summary>
			{isOpen && list}
		</details>
	);
}

function Words({ quotation, open }: { quotation: Quotation; open: Props["open"] }): ComponentChild {
	const words = useWords();
	return (
		<>
			<p>
				<a href={`${ROOT}${quotation.href}`}>
					<bdi>{quotation.title}</bdi>
				</a>{" "}
				{quotation.label && <Badge label={quotation.label} />}
			</p>
			<blockquote lang={quotation.lang}>
				<span class="context">
					<bdi>{quotation.before}</bdi>{" "}
				</span>
				<mark class="quote">
					<bdi>{quotation.text}</bdi>
				</mark>
				<span class="context">
					{" "}
					<bdi>{quotation.after}</bdi>
				</span>
			</blockquote>
			<p class="note">
				<Source quotation={quotation} /> ·{" "}
				<a
					href={`${ROOT}${quotation.href}`}
					onClick={(event) => {
						if (quotation.href.includes("?") && isPlain(event)) open(quotation, event.currentTarget);
					}}
				>
					{words("in_place")}
				</a>
			</p>
		</>
	);
}

export function Badge({ label }: { label: string }): ComponentChild {
	const words = useWords();
	return <span class={`trust ${label}`}>{words(`trust_${label}`)}</span>;
}

export function Source({ quotation }: { quotation: Quotation }): ComponentChild {
	const words = useWords();
	const source = sourceOf(quotation, words);
	return quotation.entry ? <a href={`${ROOT}digests/${quotation.entry}`}>{source}</a> : source;
}

/** Whether a click is meant for the page, and not for another tab or window; the link is not followed then. */
function isPlain(event: MouseEvent): boolean {
	const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
	if (plain) event.preventDefault();
	return plain;
}
