import { type Api, data } from "./client";
import type { components } from "./schema";

export type Card = components["schemas"]["Card"];
export type DueCards = components["schemas"]["DueCards"];
/** A card to ask now: what plays a clip and judges an answer, and nothing that says which song it is. */
export type DueCard = DueCards["data"][number];
export type Grade = components["schemas"]["Grade"];
export type CardAnswer = components["schemas"]["CardAnswer"];
export type CardHint = components["schemas"]["CardHint"];
export type CardChanges = components["schemas"]["CardChanges"];
export type PracticeSettings = components["schemas"]["PracticeSettings"];
export type PracticeChanges = components["schemas"]["PracticeChanges"];
export type PracticeStats = components["schemas"]["PracticeStats"];
export type SheetImport = components["schemas"]["SheetImport"];

/** Everything about practising is under ["practice"] in the query cache. */
export const practiceKeys = {
  all: ["practice"] as const,
  settings: ["practice", "settings"] as const,
  stats: ["practice", "stats"] as const,
};

const of = (songId: string) => ({ params: { path: { songId } } });

/** The calls of Guess The Track. Each rejects with Problem. */
export const practiceCalls = {
  due: (api: Api, limit: number): Promise<DueCards> => data(api.GET("/practice/due", { params: { query: { limit } } })),
  answer: async (api: Api, songId: string): Promise<CardAnswer> =>
    (await data(api.GET("/practice/cards/{songId}/answer", of(songId)))) as CardAnswer,
  hint: async (api: Api, songId: string, part: CardHint["part"]): Promise<CardHint> =>
    (await data(
      api.GET("/practice/cards/{songId}/answer", { params: { path: { songId }, query: { part } } }),
    )) as CardHint,
  grade: (api: Api, body: Grade): Promise<Card> => data(api.POST("/practice/grade", { body })),
  undo: (api: Api, reviewId: string, songId: string): Promise<Card> =>
    data(api.POST("/practice/reviews/{reviewId}/undo", { params: { path: { reviewId } }, body: { songId } })),
  change: (api: Api, songId: string, body: CardChanges): Promise<Card> =>
    data(api.POST("/practice/cards/{songId}", { ...of(songId), body })),
  settings: (api: Api): Promise<PracticeSettings> => data(api.GET("/practice/settings")),
  putSettings: (api: Api, body: PracticeChanges): Promise<PracticeSettings> =>
    data(api.PUT("/practice/settings", { body })),
  stats: (api: Api): Promise<PracticeStats> => data(api.GET("/practice/stats")),
  sheet: (api: Api, cursor?: string) => data(api.GET("/practice/reviews", { params: { query: { cursor } } })),
  importSheet: (api: Api, csv: string): Promise<SheetImport> => data(api.POST("/practice/reviews", { body: { csv } })),
};
