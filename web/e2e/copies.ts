import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Song } from "@/api/client";

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Copies finished songs from one user to another (copy-song.py), in the order of the calls. */
export class Copies {
  private child: ChildProcess | undefined;
  private readonly waiting: { resolve: (songId: string) => void; reject: (error: Error) => void }[] = [];

  constructor(private readonly dataDir: string) {}

  /** `from` and `to` are user ids. Resolves with the id of the copy. */
  copy(from: string, { songId }: Song, to: string): Promise<string> {
    this.child ??= this.start();
    this.child.stdin?.write(JSON.stringify({ from, song: songId, to }) + "\n");
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  close(): void {
    this.child?.stdin?.end();
  }

  private start(): ChildProcess {
    const script = join(REPO, "web/e2e/copy-song.py");
    const child = spawn(join(REPO, ".venv/bin/python"), [script, this.dataDir], { stdio: ["pipe", "pipe", "pipe"] });
    let trouble = "";
    child.stderr.on("data", (chunk: Buffer) => (trouble += chunk.toString()));
    createInterface(child.stdout).on("line", (songId) => this.waiting.shift()?.resolve(songId));
    child.on("close", () => {
      this.child = undefined;
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`No song was copied:\n${trouble}`));
    });
    return child;
  }
}
