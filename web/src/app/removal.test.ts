// @vitest-environment node
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ESLint } from "eslint";
import { afterAll, expect, test } from "vitest";

const WEB = process.cwd();
const LIST = "src/app/features.ts";
const FOLDERS = readdirSync(join(WEB, "src/features"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const SOURCES = ["src", "e2e", "bench"].flatMap((folder) =>
  readdirSync(join(WEB, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(folder, path)),
);

const copy = mkdtempSync(join(tmpdir(), "unplugd-web-"));
afterAll(() => rmSync(copy, { recursive: true }));

test("the list names every folder of features, one line each", () => {
  const lines = readFileSync(join(WEB, LIST), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("export"));
  const expected = FOLDERS.map((name) => `export { ${name} } from "@/features/${name}/feature";`);
  expect(lines).toEqual(expected.sort());
});

test.each(FOLDERS)("only the list imports the feature %s", (name) => {
  const mention = new RegExp(`(from|import\\()\\s*["'](@/features|[./]+/features|\\.\\.)/${name}/`);
  const importing = SOURCES.filter((path) => !path.startsWith(`src/features/${name}/`)).filter((path) =>
    mention.test(readFileSync(join(WEB, path), "utf8")),
  );
  expect(importing).toEqual([LIST]);
});

// Type-checking the whole app takes about 10 s on an idle machine, and a minute where the other tests run.
test("the app compiles without account and lyrics", { timeout: 300_000 }, async () => {
  for (const name of readdirSync(WEB))
    if (!["node_modules", "dist", "test-results"].includes(name))
      cpSync(join(WEB, name), join(copy, name), { recursive: true });
  symlinkSync(join(WEB, "node_modules"), join(copy, "node_modules"));
  let list = readFileSync(join(copy, LIST), "utf8");
  for (const name of ["account", "lyrics"]) {
    rmSync(join(copy, "src/features", name), { recursive: true });
    list = list.replace(`export { ${name} } from "@/features/${name}/feature";\n`, "");
  }
  writeFileSync(join(copy, LIST), list);
  const tsc = join(copy, "node_modules/typescript/bin/tsc");
  const result = await promisify(execFile)(process.execPath, [tsc, "--noEmit"], { cwd: copy }).catch(
    ({ stdout }: { stdout: string }) => ({ stdout }),
  );
  expect(result.stdout).toBe("");
});

test.each([
  ["src/features/account/X.ts", "@/features/lyrics/draftStore", true],
  ["src/features/account/X.ts", "../lyrics/draftStore", true],
  ["src/features/account/X.ts", "../../features/lyrics/draftStore", true],
  ["src/features/account/X.ts", "@/app/services", true],
  ["src/features/account/X.ts", "../../app/services", true],
  ["src/features/account/X.ts", "../feature", false],
  ["src/features/account/X.ts", "./paths", false],
  ["src/features/account/X.ts", "@/session/context", false],
  ["src/components/X.ts", "../features/account/paths", true],
  ["src/audio/X.ts", "@/api/client", true],
  ["src/api/X.ts", "../lib/time", false],
])("in %s an import of %s is refused: %s", async (filePath, imported, refused) => {
  const eslint = new ESLint({ cwd: WEB });
  const [result] = await eslint.lintText(`export * from "${imported}";\n`, { filePath: join(WEB, filePath) });
  const rules = result?.messages.map(({ ruleId }) => ruleId);
  expect(rules).toEqual(refused ? ["no-restricted-imports"] : []);
});
