import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      "@": fileURLToPath(new URL("./src", import.meta.url)),
      "react-style-singleton": fileURLToPath(new URL("./src/components/styleSingleton.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    // A worklet inlined as data: would be refused by the Content-Security-Policy.
    assetsInlineLimit: 0,
    sourcemap: true,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    // A machine with other work is many times slower; where tests pass, patience costs nothing.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
