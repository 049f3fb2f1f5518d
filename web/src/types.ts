/** What the server sends: see `api/web/asking.py` and `api/web/views.py`. */

export type Confidence = "high" | "low" | "none";

export interface Chip {
	text: string;
	href: string;
}

export interface Line {
	kind: "title" | "heading" | "label" | "quote" | "text" | "withheld";
	text: string;
	lang: string;
	paper_id: string;
	days: string;
	numbers: number[];
	is_indented: boolean;
	note: string;
}

export interface Quotation {
	number: number;
	paper_id: string;
	title: string;
	text: string;
	before: string;
	after: string;
	href: string;
	entry: string | null;
	label: string | null;
	url: string;
	lang: string;
	/** How the index lost its words, if it did. */
	lost?: "changed" | "gone";
}

export interface Answer {
	question: string;
	query: string;
	lang: string;
	confidence: Confidence;
	is_written: boolean;
	chips: Chip[];
	lines: Line[];
	quotations: Quotation[];
	unsupported: string[];
	/** What the index has where nothing in it meets the conditions. */
	hint: string;
	turn: string;
	seal: string;
}

/** Text, or an element: its name, attributes and children. */
export type Node = string | [string, Record<string, string>, Node[]];

/** The text in which a quotation stands. */
export interface Place {
	title: string;
	lang: string;
	label: string | null;
	reasons: string[];
	nodes: Node[];
}

export type Texts = Record<string, string>;

export interface PageState {
	texts: Texts;
	lang: string;
	may_judge: boolean;
	answer: Answer | null;
}

export type AnswerEvent =
	| { name: "reading"; chips: Chip[]; papers: number }
	| { name: "line"; at: number; line: Line; quotations: Quotation[] }
	| { name: "restart" }
	| { name: "done"; answer: Answer };
