import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const WEB = dirname(dirname(fileURLToPath(import.meta.url)));
const REPO = dirname(WEB);
const START_TIMEOUT_MS = 600_000;

/** A running stack with its page: what the fixtures get. */
export interface Stack {
  /** The page's address, without a slash at its end. */
  webUrl: string;
  /** The link that signs the ready user in, once a stack. */
  startLink: string;
  /** The stack's address: Cognito answers there. */
  url: string;
  apiUrl: string;
  webSocketUrl: string;
  userPoolId: string;
  userPoolClientId: string;
  dataDir: string;
  /** Of `unplugd up`. */
  pid: number;
}

/** Playwright's global set-up: builds the page into a folder of this run and starts a stack of its own. */
export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.E2E_REUSE) {
    process.env.E2E_STATE = process.env.E2E_REUSE;
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "unplugd-e2e-"));
  const dist = process.env.E2E_DIST ? resolve(process.env.E2E_DIST) : join(folder, "dist");
  let up: ChildProcess | undefined;
  const stop = async () => {
    if (up) await end(up);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (!process.env.E2E_DIST) await build(dist);
    const [port, webPort] = await freePorts(2);
    const data = join(folder, "data");
    const options = ["--data", data, "--port", String(port), "--web-port", String(webPort), "--web-dist", dist];
    const child = spawn(join(REPO, ".venv/bin/python"), ["-u", "-m", "cli", "up", ...options], {
      cwd: REPO,
      env: { ...process.env, MODEL_DIR: join(folder, "no-models") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    up = child;
    const said = await untilReady(child);
    const noted = JSON.parse(await readFile(join(data, "session.json"), "utf8"));
    const state: Stack = {
      webUrl: `http://localhost:${webPort}`,
      startLink: /http:\S+#start=\S+/.exec(said)?.[0] ?? "",
      url: noted.url,
      apiUrl: noted.outputs.ApiUrl,
      webSocketUrl: noted.outputs.WebSocketUrl,
      userPoolId: noted.outputs.UserPoolId,
      userPoolClientId: noted.outputs.UserPoolClientId,
      dataDir: data,
      pid: child.pid ?? 0,
    };
    process.env.E2E_STATE = join(folder, "state.json");
    await writeFile(process.env.E2E_STATE, JSON.stringify(state, null, 1));
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the set-up wrote down. */
export async function running(): Promise<Stack> {
  if (!process.env.E2E_STATE) throw new Error("No stack: run the tests by `npx playwright test` (e2e/README.md).");
  return JSON.parse(await readFile(process.env.E2E_STATE, "utf8"));
}

async function build(dist: string): Promise<void> {
  const vite = join(WEB, "node_modules/vite/bin/vite.js");
  const options = ["build", "--outDir", dist, "--emptyOutDir", "--logLevel", "warn"];
  await promisify(execFile)(process.execPath, [vite, ...options], { cwd: WEB }).catch((error) => {
    throw new Error(`The page cannot be built:\n${error.stderr || error.message}`);
  });
}

async function freePorts(count: number): Promise<number[]> {
  // All are held until all are known, so that none is given twice.
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((listening, reject) => {
          const server = createServer();
          server.on("error", reject);
          server.listen(0, "127.0.0.1", () => listening(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function untilReady(up: ChildProcess): Promise<string> {
  return new Promise((ready, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`The stack did not get ready:\n${said}`)), START_TIMEOUT_MS);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (!/^Ready\./m.test(said)) return;
      clearTimeout(late);
      ready(said);
    };
    up.stdout?.on("data", hear);
    up.stderr?.on("data", hear);
    up.on("error", reject);
    up.on("exit", () => {
      clearTimeout(late);
      reject(new Error(`The stack has ended:\n${said}`));
    });
  });
}

async function end(up: ChildProcess): Promise<void> {
  if (up.exitCode !== null || up.signalCode !== null) return;
  const gone = new Promise((done) => up.once("exit", done));
  up.kill("SIGTERM");
  const killer = setTimeout(() => up.kill("SIGKILL"), 40_000);
  await gone;
  clearTimeout(killer);
}
