/** Checks of answers that the browser has kept against the index of today. */

import { checkAnswer } from "./server";
import type { Answer } from "./types";

/** Return what is left of an answer; null if nothing of it is lost, or that cannot be told now. */
export async function remaining(answer: Answer): Promise<Answer | null> {
	if (!answer.seal) return null;
	const found = await checkAnswer(answer.seal).catch(() => null);
	if (!found || (!found.withheld.length && !Object.keys(found.lost).length)) return null;
	return {
		...answer,
		seal: "", // it holds the words
		lines: answer.lines.map((line, at) =>
			found.withheld.includes(at) ? { ...line, kind: "withheld", text: "", note: "" } : line,
		),
		quotations: answer.quotations.map((one) => {
			const lost = found.lost[one.number];
			return lost ? { ...one, lost, text: "", before: "", after: "", title: one.paper_id, href: "" } : one;
		}),
	};
}
