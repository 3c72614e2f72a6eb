import { type Page, type Request } from "@playwright/test";
import type { Card, PracticeStats } from "@/api/practice";
import type { PersonsApi } from "./fixtures";

/** Songs whose every word is found nowhere else. */
export const SONGS = [
  { title: "Zanzibar Quicksilver", artist: "Featherstonehaugh" },
  { title: "Marzipan Obelisk", artist: "Worcestershire" },
  { title: "Hullabaloo Tamarind", artist: "Cholmondeley" },
] as const;

export const play = (page: Page) => page.getByRole("button", { name: "Play", exact: true });
export const said = (page: Page) => page.getByRole("region", { name: "The song" }).getByRole("status");
export const answer = (page: Page) => page.getByRole("link", { name: "Open it in the studio" });
export const grade = (page: Page, which: number) => page.getByRole("button", { name: new RegExp(`^${which}: `) });

export const stats = (api: PersonsApi) => api.call<PracticeStats>("GET", "/practice/stats");
export const due = async (api: PersonsApi) => (await api.call<{ data: Card[] }>("GET", "/practice/due")).data;

/** What a page gets over the network, as text; call the returned function for all of it so far. */
export function readAll(page: Page): () => Promise<string> {
  const bodies: Promise<string>[] = [];
  page.on("requestfinished", (request: Request) => {
    const read = async () => {
      const answer = await request.response();
      // The app's own files and sound hold no title.
      const text = /json|text/.test(answer?.headers()["content-type"] ?? "");
      return `${request.url()}\n${request.postData() ?? ""}\n${text ? await answer?.text() : ""}`;
    };
    bodies.push(read().catch(() => request.url()));
  });
  return async () => (await Promise.all(bodies)).join("\n");
}

/** Words of these songs that are in a text. */
export const leaksIn = (text: string, songs: readonly { title: string; artist: string }[]): string[] =>
  songs
    .flatMap(({ title, artist }) => [...title.split(" "), artist])
    .filter((word) => text.toLowerCase().includes(word.toLowerCase()));

/** All that a page shows or tells the system: elements, the tab's title, the media session. */
export const shownBy = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { title, artist, album } = navigator.mediaSession.metadata ?? { title: "", artist: "", album: "" };
    return [document.documentElement.outerHTML, document.title, title, artist, album].join("\n");
  });
