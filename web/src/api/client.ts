import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema";

export type Api = Client<paths>;
export type Song = components["schemas"]["Song"];
export type SongPage = components["schemas"]["SongPage"];
export type NewUpload = components["schemas"]["NewUpload"];
export type UploadLink = components["schemas"]["UploadLink"];
export type Lyrics = components["schemas"]["Lyrics"];
export type LyricsChange = components["schemas"]["LyricsChange"];

/** Who is signed in, as far as the API needs to know. */
export interface TokenSource {
  /** A valid ID token, renewed when it is about to end. Rejects with SignedOut when there is no session any more. */
  idToken(options?: { renew?: boolean }): Promise<string>;
}

/** What the API refused, in its own words. `code` "offline": no answer came; `status` is 0 then. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details?: unknown,
    /** Where what was asked for can be bought (402). */
    readonly checkoutUrl?: string,
    /** When a quota that is used up begins anew (429), in ISO 8601. */
    readonly endsAt?: string,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** How long (ms) a call may take before the page gives up. The gateway itself answers within 29 seconds. */
export const CALL_TIMEOUT_MS = 45_000;

/** Every call carries the token; a 401 renews it once. Calls that fail reject with Problem. */
export function createApi(baseUrl: string, tokens: TokenSource, fetcher: typeof fetch = (...a) => fetch(...a)): Api {
  const api = createClient<paths>({
    baseUrl: baseUrl.replace(/\/$/, ""),
    fetch: async (request) => {
      const send = async (renew: boolean) => {
        const deadline = new AbortController();
        const copy = new Request(request.clone(), { signal: deadline.signal });
        request.signal.addEventListener("abort", () => deadline.abort(request.signal.reason));
        copy.headers.set("Authorization", `Bearer ${await tokens.idToken({ renew })}`);
        // A connection that breaks without a sign (a phone changes networks) would leave the page waiting for ever.
        const timer = setTimeout(() => deadline.abort(), CALL_TIMEOUT_MS);
        try {
          request.signal.throwIfAborted();
          return await fetcher(copy);
        } catch (error) {
          if (request.signal.aborted) throw error;
          throw new Problem(0, "offline", "No connection. Check your network; this page tries again by itself.");
        } finally {
          clearTimeout(timer);
        }
      };
      const answer = await send(false);
      return answer.status === 401 ? send(true) : answer;
    },
  });
  api.use({
    async onResponse({ response }) {
      if (response.ok) return;
      const body = (await response
        .clone()
        .json()
        .catch(() => null)) as {
        error?: string;
        message?: string;
        details?: unknown;
        checkoutUrl?: unknown;
        endsAt?: unknown;
      } | null;
      throw new Problem(
        response.status,
        body?.error ?? "unexpected",
        body?.message ?? `The service answered ${response.status}. Try again in a moment.`,
        body?.details,
        checkoutOf(body?.checkoutUrl),
        typeof body?.endsAt === "string" ? body.endsAt : undefined,
      );
    },
  });
  return api;
}

/** The address of a page to buy on: nothing but an address of the web is followed. */
function checkoutOf(address: unknown): string | undefined {
  return typeof address === "string" && address.startsWith("https://") ? address : undefined;
}

/** The data of an answer; the middleware has already turned every failure into a Problem. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data: value } = await call;
  if (value === undefined) throw new Problem(0, "unexpected", "The service's answer was empty. Try again in a moment.");
  return value;
}
