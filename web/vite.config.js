import { defineConfig } from "vite";

// One module without a hash in its name: the templates name it, and the server sends an ETag.
export default defineConfig({
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
