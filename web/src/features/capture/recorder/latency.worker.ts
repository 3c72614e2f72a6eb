import { locate } from "./latency";

const page = globalThis as unknown as {
  postMessage(message: ReturnType<typeof locate>): void;
  onmessage: ((event: MessageEvent<{ heard: Float32Array; sound: Float32Array }>) => void) | null;
};

page.onmessage = ({ data: { heard, sound } }) => page.postMessage(locate(heard, sound));
