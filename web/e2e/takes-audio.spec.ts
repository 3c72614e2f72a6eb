import { expect } from "@playwright/test";
import { test } from "./audio-test";

/** Samples by which a take may be off its place: a millisecond. */
const MS = 44.1;

test("a take leaves the graph at its place in the song, after a seek, a nudge and in a loop", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    const voice = sound.noise(12);
    /** How far the take is off its place, in samples, as the drums' own signal says where the song is. */
    const off = async (offsetMs: number, near: number) => {
      const heard = await sound.recordFor(1200);
      const drums = await sound.locate(heard, 22_050, near * 44_100 + 22_050);
      const part = sound.track(heard, sound.take(voice, 0).stem).subarray(22_050, 22_050 + 512);
      const here = drums - (offsetMs * 44_100) / 1000;
      const take = sound.find(part, voice, Math.round(here), 8000);
      return { drums, likeness: take.likeness, off: take.at - here };
    };
    engine.setTakes([sound.take(voice, 2345)]);
    engine.seek(3);
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    const all = [await off(2345, 3)];
    engine.seek(9);
    await sound.until((one) => one.position() > 9.2);
    all.push(await off(2345, 9.3));
    engine.setTakes([sound.take(voice, 2445)]);
    await sound.wait(600);
    all.push(await off(2445, engine.position()));
    engine.setLoop({ start: 6, end: 8 });
    await sound.until((one) => one.position() < 7 && one.state().playing === "playing");
    await sound.until((one) => one.position() > 6.2 && one.position() < 6.6);
    all.push(await off(2445, engine.position()));
    return all;
  });
  for (const { drums, likeness, off } of found) {
    expect(drums).toBeGreaterThan(0);
    expect(likeness).toBeGreaterThan(0.99);
    expect(Math.abs(off), `samples off: ${JSON.stringify(found)}`).toBeLessThanOrEqual(MS);
  }
});

test("a take that comes and goes while the song plays leaves the stems in their places", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.position() > 1);
    const before = engine.position();
    engine.setTakes([sound.take(sound.noise(5), 1000)]);
    await sound.until((one) => one.state().playing === "playing" && one.position() > before + 0.5);
    const near = (engine.position() + 0.2) * 44_100;
    const heard = await sound.recordFor(600);
    const with5 = [...heard.stems];
    const drums = await sound.locate(heard, 4000, near);
    const vocals = await sound.locate(heard, 4000, near, "vocals");
    engine.setMix({ muted: { [sound.take(sound.noise(1), 0).stem]: true } });
    await sound.wait(200);
    const muted = await sound.recordFor(200);
    engine.setTakes([]);
    const at = engine.position();
    await sound.until((one) => one.state().playing === "playing" && one.position() > at + 0.3);
    const after = await sound.recordFor(200);
    return {
      with5,
      apart: vocals - drums,
      drums,
      mutedDb: sound.peakDb(sound.track(muted, muted.stems[1] ?? "")),
      after: after.stems,
    };
  });
  expect(found.with5).toHaveLength(5);
  expect(found.drums).toBeGreaterThan(0);
  expect(found.apart).toBe(0);
  expect(found.mutedDb).toBeLessThan(-80);
  expect(found.after).toEqual(["drums", "bass", "other", "vocals"]);
});

for (const speed of [0.5, 0.8, 1.5]) {
  test(`at speed ${speed} and in another key a take goes with the song and keeps its pitch`, async ({ song }) => {
    const page = await song("bursts");
    const found = await page.evaluate(async (speed) => {
      const { sound } = window;
      const engine = sound.engine();
      // The song's own knocks, once more as a take: from the third second on.
      const knocks = Float32Array.from({ length: 13 * 44_100 }, (_, i) => {
        const t = i / 44_100;
        return 0.5 * Math.sin(2 * Math.PI * 2000 * t) * Math.exp(-(t % 0.5) * 150);
      });
      const { stem } = sound.take(knocks, 3000);
      engine.setTakes([sound.take(knocks, 3000)]);
      engine.setMix({ speed, key: 3 });
      engine.seek(4.1);
      await engine.play();
      await sound.until((one) => one.position() > 4.6);
      const heard = await sound.recordFor(6000);
      const middles = (track: Float32Array) => {
        const found: number[] = [];
        for (let i = 0; i < track.length - 2205;) {
          if (Math.abs(track[i] ?? 0) < 0.05) {
            i++;
            continue;
          }
          let [weight, moment] = [0, 0];
          for (let k = i; k < i + 2205; k++) {
            const energy = (track[k] ?? 0) ** 2;
            weight += energy;
            moment += energy * k;
          }
          found.push(moment / weight);
          i += 8820;
        }
        return found.slice(1, -1);
      };
      const drums = middles(sound.track(heard, "drums"));
      const take = middles(sound.track(heard, stem));
      return drums.map((at) => Math.min(...take.map((other) => Math.abs(other - at))));
    }, speed);
    expect(found.length).toBeGreaterThanOrEqual(2);
    for (const apart of found) expect(apart, `samples apart: ${found}`).toBeLessThanOrEqual(MS);
  });
}

test("the key control does not move a take", async ({ song }) => {
  const page = await song("tones");
  const hz = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    const tone = Float32Array.from({ length: 8 * 44_100 }, (_, i) => 0.2 * Math.sin((2 * Math.PI * 500 * i) / 44_100));
    engine.setTakes([sound.take(tone, 0)]);
    engine.setMix({ key: 4, speed: 0.9 });
    await engine.play();
    await sound.until((one) => one.position() > 1.5);
    const heard = await sound.recordFor(1500);
    const middle = (track: Float32Array) => track.subarray(8000, 56_000);
    return [
      sound.frequency(middle(sound.track(heard, sound.take(tone, 0).stem)), 300, 900),
      sound.frequency(middle(sound.track(heard, "other")), 300, 900),
    ];
  });
  expect(Math.abs((hz[0] ?? 0) - 500)).toBeLessThan(2);
  expect(Math.abs((hz[1] ?? 0) - 440 * 2 ** (4 / 12))).toBeLessThan(3);
});
