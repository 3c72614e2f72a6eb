// @vitest-environment node
import { expect, it, vi } from "vitest";
import { forget } from "./forget";

it("a feature that fails to forget holds up no other", async () => {
  const forgotten = vi.fn(() => Promise.resolve());
  const failing = [() => Promise.reject(new Error("offline")), () => Promise.reject(new Error("no storage"))];
  const features = [...failing, forgotten].map((one, index) => ({ name: `${index}`, forget: one }));
  await forget("ann@example.com", [{ name: "nothing to forget" }, ...features]);
  expect(forgotten).toHaveBeenCalledWith("ann@example.com");
});
