/** What can be done with an answer: copy, share, export, follow and judge it. */

import type { ComponentChild } from "preact";
import { useContext, useState } from "preact/hooks";
import { MayJudge } from "./page";
import { Failure, ROOT, submit } from "./server";
import type { Answer } from "./types";
import { asText, copyText, useWords, type Words } from "./words";

const FORMATS = { markdown: "Markdown", bibtex: "BibTeX", ris: "RIS", "csl-json": "CSL JSON" };
const KINDS = ["useful", "wrong_paper", "wrong_quotation", "should_have_refused", "should_have_answered", "other"];

export function Actions({ answer }: { answer: Answer }): ComponentChild {
	const words = useWords();
	const mayJudge = useContext(MayJudge);
	const [note, setNote] = useState("");
	const [shared, setShared] = useState("");
	const copy = async () => {
		setShared("");
		setNote(words((await copyText(asText(answer, words))) ? "copied" : "not_copied"));
	};
	const share = async () => {
		try {
			const { href } = await submit("answers", { answer: answer.seal });
			const link = new URL(href ?? "", location.origin).href;
			setShared(link);
			setNote(words((await copyText(link)) ? "link_copied" : "link_made"));
		} catch (error) {
			setNote(reasonOf(error, words));
		}
	};
	return (
		<>
			<div class="actions">
				<button type="button" class="quiet" onClick={copy}>
					{words("copy")}
				</button>
				{answer.seal && (
					<button type="button" class="quiet" onClick={share} title={words("share_note")}>
						{words("share")}
					</button>
				)}
				{answer.seal && answer.quotations.length > 0 && (
					<form class="exports" method="post" action={`${ROOT}answers/export`} aria-label={words("export")}>
						<input type="hidden" name="answer" value={answer.seal} />
						{Object.entries(FORMATS).map(([format, name]) => (
							<button key={format} class="quiet" name="format" value={format}>
								{name}
							</button>
						))}
					</form>
				)}
				{answer.quotations.length > 0 && !new URLSearchParams(answer.query).has("turn") && (
					<a href={`${ROOT}feed.atom?${answer.query}`}>{words("feed")}</a>
				)}
			</div>
			<p role="status" class="note">
				{note} {shared && <a href={shared}>{shared}</a>}
			</p>
			{answer.seal && mayJudge && <Feedback answer={answer} />}
		</>
	);
}

function Feedback({ answer }: { answer: Answer }): ComponentChild {
	const words = useWords();
	const [note, setNote] = useState("");
	const [isSent, setSent] = useState(false);
	const send = async (event: SubmitEvent) => {
		event.preventDefault();
		const fields = [...new FormData(event.currentTarget as HTMLFormElement)] as [string, string][];
		try {
			await submit("feedback", { answer: answer.seal, ...Object.fromEntries(fields) });
			setNote(words("feedback_thanks"));
			setSent(true);
		} catch (error) {
			setNote(reasonOf(error, words));
		}
	};
	const name = useState(() => `note-${Math.random().toString(36).slice(2)}`)[0];
	return (
		<details class="feedback">
			<summary>{words("feedback")}</summary>
			{!isSent && (
				<form class="feedback" method="post" action={`${ROOT}feedback`} onSubmit={send}>
					<fieldset>
						<legend>{words("feedback_kind")}</legend>
						{KINDS.map((kind) => (
							<p key={kind}>
								<label>
									<input type="radio" name="kind" value={kind} required /> {words(`feedback_${kind}`)}
								</label>
							</p>
						))}
					</fieldset>
					{answer.quotations.length > 0 && (
						<p>
							<label for={`${name}-quotation`}>{words("feedback_quotation")}</label>{" "}
							<input
								id={`${name}-quotation`}
								name="quotation"
								type="number"
								inputMode="numeric"
								min="1"
								max={answer.quotations.length}
							/>
						</p>
					)}
					<p>
						<label for={name}>{words("feedback_note")}</label>
						<textarea id={name} name="note" rows={3} maxLength={2000} />
					</p>
					<p>
						<button type="submit">{words("feedback_send")}</button>
					</p>
				</form>
			)}
			<p role="status">{note}</p>
		</details>
	);
}

function reasonOf(error: unknown, words: Words): string {
	return error instanceof Failure ? error.message || words(error.kind) : words("error");
}
