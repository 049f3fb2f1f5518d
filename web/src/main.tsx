/** The script of the page for asking: it streams answers into a conversation, and shows quotations in their place. */

import { render } from "preact";
import { App } from "./app";
import { MayJudge } from "./page";
import type { PageState } from "./types";
import { WordsProvider, wordsOf } from "./words";

const root = document.getElementById("conversation");
const state = document.getElementById("state");
if (root && state) {
	const page = JSON.parse(state.textContent ?? "{}") as PageState;
	root.textContent = "";
	render(
		<WordsProvider value={wordsOf(page.texts)}>
			<MayJudge.Provider value={page.may_judge}>
				<App page={page} />
			</MayJudge.Provider>
		</WordsProvider>,
		root,
	);
}
