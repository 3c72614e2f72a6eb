import { expect } from "@playwright/test";
import { test } from "./audio-test";

/** What the engine makes of a song's beats, judged by what it sends to the loudspeaker. */

/** The song `bursts` knocks every half second. How far (ms) each click is from the knock it belongs to. */
for (const speed of [1, 0.75, 1.25])
  test(`the click is within 10 ms of the beat that is heard, at speed ${speed}`, async ({ song }) => {
    const page = await song("bursts");
    const { apart, clicks } = await page.evaluate(async (speed) => {
      const { sound } = window;
      const engine = sound.engine();
      engine.setMix({ speed, volumes: { drums: 0.6 }, soloed: { drums: true } });
      engine.setGuide({ grid: sound.grid(120, 4), click: 0.6 });
      await engine.play();
      await sound.until((one) => one.position() > 1);
      const heard = await sound.recordFor(5000 / speed); // ten beats, and as many at each speed
      const knocks = sound.onsets(heard.tracks[1] ?? new Float32Array(), 0.08);
      const clicks = sound.onsets(sound.besides(heard), 0.08);
      const inside = clicks.slice(1, -1);
      const apart = inside.map((click) => Math.min(...knocks.map((knock) => Math.abs(knock - click))) / 44.1);
      return { apart, clicks: inside.length };
    }, speed);
    expect(clicks).toBeGreaterThan(5);
    expect(Math.max(...apart), `ms from the beat: ${apart}`).toBeLessThan(10);
  });

test("the click follows a seek and a loop, and its switch", async ({ song }) => {
  const page = await song("bursts");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    engine.setMix({ volumes: { drums: 0.6 }, soloed: { drums: true } });
    engine.setGuide({ grid: sound.grid(120, 4), click: 0.6 });
    engine.setLoop({ start: 4, end: 6 });
    await engine.play();
    await sound.until((one) => one.position() > 4.5);
    await sound.record();
    await sound.until((one) => one.position() < 4.4);
    await sound.until((one) => one.position() > 4.8);
    engine.seek(5.2);
    await sound.until((one) => one.position() < 4.4);
    await sound.until((one) => one.position() > 5);
    const heard = await sound.recorded();
    const knocks = sound.onsets(heard.tracks[1] ?? new Float32Array(), 0.08, 4000);
    const clicks = sound.onsets(sound.besides(heard), 0.08, 4000);
    const apart = clicks.slice(1, -1).map((one) => Math.min(...knocks.map((other) => Math.abs(one - other))) / 44.1);
    engine.setGuide({ click: 0 });
    await sound.wait(200);
    const after = sound.peakDb(sound.besides(await sound.recordFor(1200)), 4000);
    return { clicks: clicks.length, apart, after };
  });
  expect(found.clicks).toBeGreaterThan(5);
  expect(Math.max(...found.apart), `ms from the beat: ${found.apart}`).toBeLessThan(10);
  expect(found.after).toBeLessThan(-80);
});

test("a loop snapped to bars is whole bars to the sample", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    const grid = sound.grid(137, 3, 0.37); // a bar is 57,941.6 samples
    const loop = sound.wholeBars(grid, 4.1, 5.6);
    if (!loop) throw new Error("no bars");
    engine.setLoop(loop);
    await engine.play();
    await sound.until((one) => one.position() > loop.start + 0.2);
    const heard = await sound.recordFor(4500);
    const track = heard.tracks[1] ?? new Float32Array();
    const length = Math.round(loop.end * 44_100) - Math.round(loop.start * 44_100);
    let differs = 0;
    for (let i = 4410; i + length < track.length; i++)
      differs = Math.max(differs, Math.abs((track[i] ?? 0) - (track[i + length] ?? 0)));
    const bars = (loop.end - loop.start) / ((60 / 137) * 3);
    const place = await sound.locate(heard, 20_000, (loop.start + loop.end) * 22_050);
    return { length, differs, bars, recorded: track.length, place, loop };
  });
  expect(found.bars).toBeCloseTo(1, 6);
  expect(Math.abs(found.length - found.bars * ((60 / 137) * 3 * 44_100))).toBeLessThanOrEqual(1);
  expect(found.recorded).toBeGreaterThan(found.length * 2);
  expect(found.differs, "between a turn and the next").toBe(0);
  expect(found.place).toBeGreaterThanOrEqual(Math.round(found.loop.start * 44_100));
});

test("the count-in is a bar in the song's meter and tempo, and leads into its beat", async ({ song }) => {
  const page = await song("bursts");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    // A first play makes the graph, which the recorder needs.
    await engine.play();
    await sound.until((one) => one.position() > 0.2);
    engine.pause();
    engine.setMix({ volumes: { drums: 0.6 }, soloed: { drums: true } });
    engine.setGuide({ grid: sound.grid(120, 3) });
    engine.seek(4.5); // the third bar
    await sound.record();
    await engine.play({ countIn: true });
    await sound.until((one) => one.position() > 5.2);
    const heard = await sound.recorded();
    const knocks = sound.onsets(heard.tracks[1] ?? new Float32Array(), 0.08);
    const besides = sound.besides(heard);
    const clicks = sound.onsets(besides, 0.08);
    const pitch = (at = 0) => sound.frequency(besides.slice(at, at + 1000), 1000, 2000);
    return { knocks, clicks, pitches: clicks.map(pitch) };
  });
  expect(found.clicks).toHaveLength(3);
  const all = [...found.clicks, ...found.knocks.slice(0, 2)];
  // Clicks and knocks are one row of beats.
  all.slice(1).forEach((one, i) => {
    expect(Math.abs((one - (all[i] ?? 0)) / 44.1 - 500), `beats at ${all}`).toBeLessThan(10);
  });
  expect(found.pitches[0]).toBeGreaterThan(1650);
  for (const pitch of found.pitches.slice(1)) expect(pitch).toBeLessThan(1450);
});

test("the level changes the stems, and not the click", async ({ song }) => {
  const page = await song("tones");
  const [before, after, click] = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.position() > 0.3);
    const first = sound.peakDb((await sound.recordFor(400)).tracks[0] ?? new Float32Array());
    engine.setGuide({ level: 0.25 });
    await sound.wait(200);
    const second = sound.peakDb((await sound.recordFor(400)).tracks[0] ?? new Float32Array());
    engine.setMix({ muted: { drums: true, bass: true, other: true, vocals: true } });
    engine.setGuide({ grid: sound.grid(120, 4), click: 1 });
    const third = sound.peakDb((await sound.recordFor(1500)).tracks[0] ?? new Float32Array(), 20_000);
    return [first, second, third];
  });
  expect(after - before).toBeCloseTo(20 * Math.log10(0.25), 1);
  expect(click).toBeGreaterThan(-8);
});
