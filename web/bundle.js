// `node bundle.js DIST [JSON]`: the gzip size of what a first visit must load before anything shows, which is what
// index.html names: its script, that script's static imports (Vite names them all), its styles. Over the budget it exits 1.
// With JSON the figure is also written into that file, as bundle_gzip_kb.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 150;

const [dist = "dist", into] = process.argv.slice(2);
const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(
  ([, file]) => file,
);
if (!named.some((file) => file.endsWith(".js"))) throw new Error(`${dist}/index.html names no script of its own`);
const bytes = named.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
const kb = Math.round(bytes / 102.4) / 10;

console.log(`web: ${kb} KB gzip before anything shows (at most ${BUDGET_KB})`);
if (into) {
  const figures = existsSync(into) ? JSON.parse(readFileSync(into, "utf8")) : {};
  writeFileSync(into, JSON.stringify({ ...figures, bundle_gzip_kb: kb }, null, 1) + "\n");
}
process.exitCode = kb > BUDGET_KB ? 1 : 0;
