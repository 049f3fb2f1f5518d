/** A quotation in its place: beside the answer on a desk, a sheet over it on a phone. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Nodes } from "./nodes";
import { Failure, fetchPlace, ROOT } from "./server";
import { Badge, Source } from "./turn";
import type { Place, Quotation } from "./types";
import { useWords } from "./words";

const WIDE = "(min-width: 60rem)";

interface Props {
	quotation: Quotation;
	opener: HTMLElement;
	close: () => void;
}

export function Panel({ quotation, opener, close }: Props): ComponentChild {
	const words = useWords();
	const dialog = useRef<HTMLDialogElement>(null);
	const heading = useRef<HTMLHeadingElement>(null);
	const returnTo = useRef(opener);
	returnTo.current = opener;
	const [place, setPlace] = useState<Place | null>(null);
	const [failure, setFailure] = useState("");

	useEffect(() => {
		const element = dialog.current;
		if (!element) return;
		if (matchMedia(WIDE).matches) element.show();
		else element.showModal();
		return () => {
			element.close(); // what is behind an open modal dialog takes no focus
			returnTo.current.focus();
		};
	}, []);

	useEffect(() => {
		let isCurrent = true;
		setPlace(null);
		setFailure("");
		heading.current?.focus();
		fetchPlace(quotation).then(
			(found) => isCurrent && setPlace(found),
			(error) =>
				isCurrent && setFailure(error instanceof Failure ? error.message || words(error.kind) : words("error")),
		);
		return () => {
			isCurrent = false;
		};
	}, [quotation, words]);

	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.key === "Escape") close();
		};
		addEventListener("keydown", onKey);
		return () => removeEventListener("keydown", onKey);
	}, [close]);

	useEffect(() => {
		if (place) dialog.current?.querySelector("mark.quote")?.scrollIntoView({ block: "center" });
	}, [place]);

	return (
		<dialog
			ref={dialog}
			class="panel"
			aria-labelledby="panel-title"
			onCancel={(event) => {
				event.preventDefault();
				close();
			}}
			onClick={(event) => {
				if (event.target === dialog.current) close(); // the backdrop
			}}
		>
			<div class="sheet">
				<header>
					<h2 id="panel-title" ref={heading} tabIndex={-1}>
						<span class="note">{words("quotation_panel")}</span> <bdi>{place?.title ?? quotation.title}</bdi>
					</h2>
					<button type="button" class="quiet" aria-label={words("close")} onClick={close}>
						×
					</button>
				</header>
				<p class="note">
					<Source quotation={quotation} /> {place?.label && <Badge label={place.label} />} ·{" "}
					<a href={`${ROOT}${quotation.href}`}>{words("open_paper")}</a>
				</p>
				{place && place.label !== "supported" && place.reasons.length > 0 && (
					<details class="reasons">
						<summary>{words("reasons")}</summary>
						<ul>
							{place.reasons.map((reason) => (
								<li key={reason}>
									<bdi>{reason}</bdi>
								</li>
							))}
						</ul>
					</details>
				)}
				{failure ? (
					<p class="warning" role="alert">
						<bdi>{failure}</bdi>
					</p>
				) : place ? (
					<div class="body" lang={place.lang}>
						<Nodes nodes={place.nodes} />
					</div>
				) : (
					<p class="note">{words("loading")}</p>
				)}
			</div>
		</dialog>
	);
}
