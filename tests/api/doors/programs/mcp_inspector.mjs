// Run requests of the inspector's CLI one after the other. Usage: mcp_inspector.mjs TARGET REQUEST...
// TARGET and each REQUEST are JSON lists of arguments. Prints a list of {status, output, errors}.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [target, ...requests] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const inspector = join(dirname(fileURLToPath(import.meta.url)), "node_modules", ".bin", "mcp-inspector");
const home = mkdtempSync(join(tmpdir(), "inspector-"));
const results = requests.map((request) => {
  const done = spawnSync(inspector, ["--cli", ...target, ...request], {
    encoding: "utf8",
    env: { ...process.env, HOME: home },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: done.status, output: done.stdout, errors: done.stderr };
});
console.log(JSON.stringify(results));
