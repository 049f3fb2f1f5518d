import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import manifest from "./package.json" with { type: "json" };

/** Write the licenses of what is built in beside the script, as they ask for. */
const licenses = {
	name: "licenses",
	generateBundle() {
		const texts = Object.entries(manifest.dependencies).map(
			([name, version]) => `${name} ${version}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`,
		);
		this.emitFile({ type: "asset", fileName: "ask.licenses.txt", source: texts.join("\n\n") });
	},
};

// One module without a hash in its name: the templates name it, and the server sends an ETag.
export default defineConfig({
	plugins: [licenses],
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	build: {
		outDir: "../api/web/static",
		emptyOutDir: false,
		target: "es2022",
		modulePreload: false,
		rolldownOptions: {
			input: "src/main.tsx",
			output: { entryFileNames: "ask.js", format: "es" },
		},
	},
});
