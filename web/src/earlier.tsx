/** The conversations that the browser keeps. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { all, type Conversation, forgetAll } from "./conversations";
import { useWords } from "./words";

export function Earlier({ open }: { open: (conversation: Conversation) => void }): ComponentChild {
	const words = useWords();
	const [stored, setStored] = useState(all);
	if (!stored.length) return null;
	return (
		<details class="earlier">
			<summary>{words("conversations")}</summary>
			<ul>
				{stored.map((one) => (
					<li key={one.id}>
						<a
							href={`?${one.answers.at(-1)?.query}`}
							onClick={(event) => {
								event.preventDefault();
								open(one);
							}}
						>
							<bdi>{one.answers[0]?.question}</bdi>
						</a>
						{one.answers.length > 1 && ` +${one.answers.length - 1}`}
					</li>
				))}
			</ul>
			<p class="note">
				{words("conversations_note")}{" "}
				<button
					type="button"
					class="quiet"
					onClick={() => {
						forgetAll();
						setStored([]);
					}}
				>
					{words("forget")}
				</button>
			</p>
		</details>
	);
}
