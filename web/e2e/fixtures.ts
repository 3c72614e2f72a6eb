import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base, expect, type FileChooser, type Page } from "@playwright/test";
import type { Song, UploadLink } from "@/api/client";
import { Copies } from "./copies";
import { running, type Stack } from "./stack";

export { expect } from "@playwright/test";
export { makeAudio, type Part } from "./audio";

const REPO = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SONG_TIMEOUT_MS = 360_000;
/** What the local Cognito sends to everyone. */
export const CODE = "123456";

/** A confirmed user of the local stack. */
export interface Person {
  email: string;
  password: string;
  /** What the app stores in the browser of somebody who has signed in. */
  session: string;
}

/** A file to send. */
export interface AudioFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Wishes {
  title?: string;
  artist?: string;
  language?: string;
}

/** The REST API as one person, without a browser. */
export class PersonsApi {
  constructor(
    private readonly stack: Stack,
    readonly person: Person,
    /** The ID token; an hour long. */
    readonly token: string,
  ) {}

  /** The user's id. */
  get userId(): string {
    const claims = Buffer.from(this.token.split(".")[1] ?? "", "base64url").toString();
    return (JSON.parse(claims) as { sub: string }).sub;
  }

  /** The raw answer, with any status. */
  async fetch(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.stack.apiUrl + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** The answer's JSON; rejects where the API refuses. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.fetch(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  }

  song(songId: string): Promise<Song> {
    return this.call("GET", `/songs/${songId}`);
  }

  async songs(): Promise<Song[]> {
    return (await this.call<{ data: Song[] }>("GET", "/songs")).data;
  }

  /** Announces a song without sending it: it stays PENDING_UPLOAD. */
  announce(file: AudioFile, wishes: Wishes = {}): Promise<UploadLink> {
    const { name: filename, type: contentType, bytes } = file;
    return this.call("POST", "/songs/upload-url", { filename, contentType, sizeBytes: bytes.length, ...wishes });
  }

  /** Announces and sends; returns the song's id as soon as the file is there. */
  async upload(file: AudioFile, wishes: Wishes = {}): Promise<string> {
    const link = await this.announce(file, wishes);
    const answer = await fetch(link.uploadUrl, { method: "PUT", headers: link.headers, body: new Blob([file.bytes]) });
    if (!answer.ok) throw new Error(`PUT: ${answer.status} ${await answer.text()}`);
    return link.songId;
  }

  /** Cancels the songs that wait or are being processed. */
  async stopSongs(): Promise<void> {
    for (const { songId, status } of await this.songs())
      if (status === "QUEUED" || status === "PROCESSING") await this.fetch("POST", `/songs/${songId}/cancel`);
  }

  /** The song once it has one of these states; rejects when it ends in another. */
  async until(songId: string, ...states: string[]): Promise<Song> {
    const deadline = Date.now() + SONG_TIMEOUT_MS;
    for (;;) {
      const song = await this.song(songId);
      if (states.includes(song.status)) return song;
      if (["FAILED", "CANCELLED", "COMPLETED"].includes(song.status) || Date.now() > deadline) {
        throw new Error(`${songId} is ${song.status} (${song.errorCode ?? song.stage}), not ${states.join(" or ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** A new confirmed user, signed in by Cognito's own API. */
export async function signUp(stack: Stack): Promise<PersonsApi> {
  const email = `e2e-${randomBytes(6).toString("hex")}@unplugd.example`;
  const person = { email, password: "Secret-1-for-tests" };
  const client = { ClientId: stack.userPoolClientId };
  await cognito(stack, "SignUp", {
    ...client,
    Username: person.email,
    Password: person.password,
    UserAttributes: [{ Name: "email", Value: person.email }],
  });
  await cognito(stack, "ConfirmSignUp", { ...client, Username: person.email, ConfirmationCode: CODE });
  const answer = await cognito(stack, "InitiateAuth", {
    ...client,
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: person.email, PASSWORD: person.password },
  });
  const { IdToken, RefreshToken: refreshToken } = answer.AuthenticationResult;
  const session = JSON.stringify({ email, refreshToken, clientId: stack.userPoolClientId });
  return new PersonsApi(stack, { ...person, session }, IdToken);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Cognito's answers have no types here
async function cognito(stack: Stack, action: string, body: unknown): Promise<any> {
  const answer = await fetch(`${stack.url}/`, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

/** Opens a page as somebody who signed in earlier: with the session that the app stores, and without the sign-in page. */
export async function openAs(page: Page, person: Person, path = "/"): Promise<void> {
  await enterSession(page, person);
  await page.goto(path);
  await page.locator("#root > *").first().waitFor({ state: "attached" });
}

/** Stores the session, as `openAs` does, before any page of the app is open. */
export async function enterSession(page: Page, person: Person): Promise<void> {
  await page.goto("/config.json");
  await page.evaluate((session) => localStorage.setItem("unplugd.session", session), person.session);
}

/** Signs in through the sign-in page; the page that was asked for comes behind it. */
export async function signIn(page: Page, person: Person, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Email", { exact: true }).fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  const button = page.getByRole("button", { name: "Sign in", exact: true });
  await button.click();
  await expect(button).toBeHidden();
}

/** The file chooser that the page opens at `ask`. */
export async function chooserAt(page: Page, ask: () => Promise<void>): Promise<FileChooser> {
  const chooser = page.waitForEvent("filechooser");
  // Playwright tells the page that its choosers go to the test, and does not wait. In a busy page a key press overtakes
  // that, and a real dialog opens, which the test never hears of. An answer comes after it.
  await page.evaluate(() => undefined);
  await ask();
  return chooser;
}

/**
 * From its next document on, a page keeps for the returned function what it would do by itself after `ms`: a message
 * that goes, a delete that is sent. A test on a busy machine may need longer than a person to press Undo.
 */
export async function hold(page: Page, ms: number): Promise<() => Promise<void>> {
  await page.context().addInitScript((ms) => {
    const { setTimeout, clearTimeout } = window;
    const held = new Map<number, () => void>();
    let last = 0;
    window.setTimeout = ((run: () => void, after?: number, ...rest: unknown[]) => {
      if (after !== ms) return setTimeout(run, after, ...rest);
      held.set(--last, run);
      return last;
    }) as typeof setTimeout;
    window.clearTimeout = (id) => void (held.delete(id as number) || clearTimeout(id));
    Reflect.set(window, "goOn", () => {
      for (const [id, run] of held) if (held.delete(id)) run();
    });
  }, ms);
  return () => page.evaluate(() => (Reflect.get(window, "goOn") as () => void)());
}

/** The shipped song: 38 s, four stems, English words in its tags. */
export async function demoSong(): Promise<AudioFile> {
  const bytes = new Uint8Array(await readFile(join(REPO, "local/demo/song.mp3")));
  return { name: "song.mp3", type: "audio/mpeg", bytes };
}

/** The first seconds of the shipped song without its tags: real music that is done quickly. */
export async function shortSong(seconds = 8): Promise<AudioFile> {
  const { bytes, start, end } = await firstSeconds(seconds);
  return { name: "short.mp3", type: "audio/mpeg", bytes: bytes.slice(start, end) };
}

/** The same with the tags of the shipped song. */
export async function shortSongWithTags(seconds = 8): Promise<AudioFile> {
  const { bytes, tag, start, end } = await firstSeconds(seconds);
  const bytesWithTag = new Uint8Array([...bytes.slice(0, tag), ...bytes.slice(start, end)]);
  return { name: "short.mp3", type: "audio/mpeg", bytes: bytesWithTag };
}

/** The shipped song, and where its tag ends and its first seconds start and end (bytes). */
async function firstSeconds(seconds: number) {
  const { bytes } = await demoSong();
  const frame = (at: number) => Math.floor((144 * 160_000) / 44_100) + (((bytes[at + 2] ?? 0) >> 1) & 1);
  // ID3 writes its length as four times seven bits; behind it is a frame that says how long the whole would be.
  const tag = 10 + [6, 7, 8, 9].reduce((size, at) => (size << 7) | (bytes[at] ?? 0), 0);
  const start = tag + frame(tag);
  let end = start;
  for (let frames = Math.round((seconds * 44_100) / 1152); frames > 0 && end < bytes.length; frames--)
    end += frame(end);
  return { bytes, tag, start, end };
}

interface Fixtures {
  /** The API as a fresh person of this test. */
  api: PersonsApi;
  /** That person. */
  person: Person;
  /** A page on which that person is signed in, at the library. */
  signedIn: Page;
  /** A page with that person's session, on which the app is not open yet. */
  entered: Page;
  /** A COMPLETED song of this test's person: `file`, sent and separated, or without it a copy of a finished `shortSong()`. */
  finishedSong: (file?: AudioFile, wishes?: Wishes) => Promise<Song>;
  /** What the Content-Security-Policy refused and what fell through to the console as an error; empty at each end. */
  complaints: string[];
}

interface WorkerFixtures {
  stack: Stack;
  /** A person whose library holds the whole shipped song, finished. For tests that change nothing of it. */
  listener: { api: PersonsApi; person: Person; song: Song };
  /** Gives a person a copy of a finished `shortSong()`; the first call has it separated. */
  giveShortSong: (api: PersonsApi) => Promise<string>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  stack: [async ({}, give) => give(await running()), { scope: "worker" }],
  listener: [
    async ({ stack }, give) => {
      const api = await signUp(stack);
      const songId = await api.upload(await demoSong());
      await give({ api, person: api.person, song: await api.until(songId, "COMPLETED") });
    },
    { scope: "worker", timeout: SONG_TIMEOUT_MS },
  ],
  giveShortSong: [
    async ({ stack }, give) => {
      const copies = new Copies(stack.dataDir);
      const separate = async () => {
        const owner = await signUp(stack);
        return { owner, song: await owner.until(await owner.upload(await shortSong()), "COMPLETED") };
      };
      let first: ReturnType<typeof separate> | undefined;
      await give(async (api) => {
        const { owner, song } = await (first ??= separate());
        return copies.copy(owner.userId, song, api.userId);
      });
      copies.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ stack }, give) => give(stack.webUrl),
  api: async ({ stack }, give) => {
    const api = await signUp(stack);
    await give(api);
    // Else the songs of this test would be separated while the next one runs.
    await api.stopSongs();
  },
  person: async ({ api }, give) => give(api.person),
  signedIn: async ({ page, person }, give) => {
    await openAs(page, person);
    await give(page);
  },
  entered: async ({ page, person }, give) => {
    await enterSession(page, person);
    await give(page);
  },
  finishedSong: async ({ api, giveShortSong }, give) =>
    give(async (file, wishes) => {
      if (file) return api.until(await api.upload(file, wishes), "COMPLETED");
      const songId = await giveShortSong(api);
      return wishes ? api.call("PATCH", `/songs/${songId}`, wishes) : api.song(songId);
    }),
  complaints: [
    async ({ page }, give) => {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error" && /Content Security Policy|Trusted/.test(message.text())) {
          complaints.push(message.text());
        }
      });
      await give(complaints);
      // A page may still read something when its test ends: a route that is at work then is no fault of the test.
      if (!page.isClosed()) await page.unrouteAll({ behavior: "ignoreErrors" });
      expect(complaints, "the page broke its own policy, or an error fell through").toEqual([]);
    },
    { auto: true },
  ],
});
