/** Nodes from the tree of JSON values that the server sends in place of HTML. */

import { type ComponentChild, h } from "preact";
import type { Node } from "./types";

const TAGS = new Set(
	"p br hr strong em code pre ul ol li blockquote h3 h4 h5 h6 table thead tbody tr th td a s mark".split(" "),
);

export function Nodes({ nodes }: { nodes: Node[] }): ComponentChild {
	return nodes.map(render);
}

function render(node: Node): ComponentChild {
	if (typeof node === "string") return node;
	const [tag, attributes, children] = node;
	if (!TAGS.has(tag)) return children.map(render);
	const shown: Record<string, string> = {};
	for (const name of ["class", "title"]) if (attributes[name]) shown[name] = attributes[name];
	if (tag === "a" && /^https?:\/\//.test(attributes.href ?? "")) {
		Object.assign(shown, { href: attributes.href, rel: "noopener noreferrer nofollow" });
	}
	return h(tag, shown, ...children.map(render));
}
