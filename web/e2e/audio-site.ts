import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";

const WEB = dirname(dirname(fileURLToPath(import.meta.url)));
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".mp3": "audio/mpeg" };
/** As strict as the app's own about scripts and connections. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; connect-src 'self'";

/** A server of the sound's test page and its made stems, which answers ranges as S3 does, and fails on request. */
export interface Site {
  url: string;
  /** Links numbered below this are answered 403, as S3 answers links that have ended. */
  endedLinks: number;
  /** While true, stems get no answer: the connection breaks. */
  down: boolean;
  /** Ranges that were asked for, as "stem first-last". */
  requests: string[];
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "unplugd-audio-"));
  const python = join(dirname(WEB), ".venv/bin/python");
  await promisify(execFile)(python, [join(WEB, "e2e/audio-stems.py"), join(folder, "stems")]);
  await build({
    root: WEB,
    logLevel: "warn",
    build: {
      outDir: join(folder, "page"),
      emptyOutDir: true,
      sourcemap: false,
      rollupOptions: { input: join(WEB, "e2e/audio.html") },
    },
  });
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const site: Site = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    endedLinks: 0,
    down: false,
    requests: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? "/", site.url);
    const isStem = pathname.startsWith("/stems/");
    if (isStem && !searchParams.has("reference")) {
      if (site.down) return void response.destroy();
      site.requests.push(`${pathname.split("/").at(-1)} ${request.headers.range}`);
      if (Number(searchParams.get("links")) < site.endedLinks) return void response.writeHead(403).end("ended");
    }
    const bytes = await readFile(join(folder, isStem ? "" : "page", normalize(pathname))).catch(() => null);
    if (!bytes) return void response.writeHead(404).end();
    const headers = {
      "Content-Type": TYPES[extname(pathname)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
      "Cache-Control": "no-store",
    };
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (!range) return void response.writeHead(200, headers).end(bytes);
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)];
    if (from >= bytes.length) return void response.writeHead(416).end();
    response.writeHead(206, { ...headers, "Content-Range": `bytes ${from}-${to - 1}/${bytes.length}` });
    response.end(bytes.subarray(from, to));
  }

  return site;
}
