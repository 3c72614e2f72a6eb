/** What outlives the tab: the refresh token and whose it is. */
export interface Kept {
  email: string;
  refreshToken: string;
}

export interface Keeping {
  read(): Kept | null;
  write(kept: Kept | null): void;
  /** Another tab has written. */
  onChange(listener: () => void): void;
}

const KEY = "unplugd.session";

/** In localStorage, for one client of one pool; in memory where the browser allows no storage. */
export function createKeeping(clientId: string): Keeping {
  let memory: string | null = null;
  return {
    read() {
      let text = memory;
      try {
        text = localStorage.getItem(KEY);
      } catch {
        // Storage is blocked: the session lasts as long as the tab.
      }
      return parse(text, clientId);
    },
    write(kept) {
      memory = kept && JSON.stringify({ ...kept, clientId });
      try {
        if (memory) localStorage.setItem(KEY, memory);
        else localStorage.removeItem(KEY);
      } catch {
        // As above.
      }
    },
    onChange(listener) {
      // A key of null: everything was cleared.
      addEventListener("storage", ({ key }) => (key === KEY || key === null) && listener());
    },
  };
}

function parse(text: string | null, clientId: string): Kept | null {
  try {
    const it = JSON.parse(text ?? "null") as Record<string, unknown> | null;
    return it?.clientId === clientId && typeof it.email === "string" && typeof it.refreshToken === "string"
      ? { email: it.email, refreshToken: it.refreshToken }
      : null;
  } catch {
    return null;
  }
}
