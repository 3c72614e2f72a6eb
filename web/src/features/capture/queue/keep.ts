import { newPart, type Recording } from "./model";
import type { Store } from "./store";

/** A black picture, for a window in which the camera gave none: the service waits for both files of a window. */
const BLACK =
  "/9j//gAQTGF2YzYyLjI4LjEwMgD/2wBDAAgEBAQEBAUFBQUFBQYGBgYGBgYGBgYGBgYHBwcICAgHBwcGBgcHCAgICAkJCQgICAgJCQoKCgwMCwsODg4RERT/xABMAAEBAAAAAAAAAAAAAAAAAAAACAEBAAAAAAAAAAAAAAAAAAAAARABAAAAAAAAAAAAAAAAAAAAABEBAQAAAAAAAAAAAAAAAAAAACH/wAARCAAQABADASIAAhEAAxEA/9oADAMBAAIRAxEAPwCfwBRX/9k=";

/** A complete window of a take is to be sent. May be repeated. */
export async function keepWindow(store: Store, recording: Recording, windowIndex: number): Promise<void> {
  const { id, camera, windowSeconds } = recording;
  await store.addPart(newPart(id, "audio", windowIndex));
  if (!camera) return;
  const from = windowIndex * windowSeconds;
  const count = async () => (await store.pictures(id, from, from + windowSeconds)).length;
  if ((await count()) === 0) {
    const before = (await store.pictures(id, 0, from)).at(-1);
    await store.addPicture(id, from, before ?? Uint8Array.from(atob(BLACK), (character) => character.charCodeAt(0)));
  }
  await store.addPart(newPart(id, "frames", windowIndex, await count()));
}
