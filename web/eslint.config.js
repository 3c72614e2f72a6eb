import { readdirSync } from "node:fs";

import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

// The import rules (docs/web.md): features never import features, and what is below never imports what is above.
const not = (...places) => ({
  "no-restricted-imports": ["error", { patterns: places.map((place) => ({ group: spellings(place) })) }],
});
/** Every way in which a file can name a folder of src: by its path, or relative to its own folder. */
const spellings = (place) =>
  [`@/${place}`, ...new Set([`../${place}`, `../../${place}`, `../${place.split("/").at(-1)}`])].flatMap((path) => [
    path,
    `${path}/**`,
  ]);
const features = readdirSync(new URL("src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export default defineConfig(
  { ignores: ["dist", "node_modules", "src/api/schema.d.ts", "test-results", "playwright-report"] },
  typescript.configs.strict,
  hooks.configs.flat["recommended-latest"],
  { rules: { "@typescript-eslint/no-non-null-assertion": "error" } },
  ...features.map((mine) => ({
    files: [`src/features/${mine}/**`],
    rules: not("app", ...features.filter((other) => other !== mine).map((other) => `features/${other}`)),
  })),
  { files: ["src/components/**"], rules: not("app", "features", "api", "session", "audio") },
  { files: ["src/audio/**"], rules: not("app", "features", "api", "session", "components") },
  { files: ["src/lib/**"], rules: not("app", "features", "api", "session", "components", "audio") },
  { files: ["src/api/**", "src/session/**"], rules: not("app", "features", "components", "audio") },
);
