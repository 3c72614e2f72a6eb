import { deviceStore, type Store } from "@/lib/device";

const KEY = "unplugd.evenLoudness";

/** Whether this device plays every song equally loud. It does until somebody switches it off. */
export const evenness = {
  recall: (store: Store = deviceStore()): boolean => {
    try {
      return store.getItem(KEY) !== "off";
    } catch {
      return true;
    }
  },
  remember(on: boolean, store: Store = deviceStore()): void {
    try {
      if (on) store.removeItem(KEY);
      else store.setItem(KEY, "off");
    } catch {
      // No room: it holds for this visit.
    }
  },
};
