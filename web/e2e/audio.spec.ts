import { expect } from "@playwright/test";
import { test } from "./audio-test";

test("at speed 1 what sounds is the sum of the stems, sample for sample", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    engine.seek(3);
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    const heard = await sound.recordFor(3000);
    const names = ["drums", "bass", "other", "vocals"] as const;
    const middle = 66_150;
    const places: number[] = [];
    for (const name of names) places.push(await sound.locate(heard, middle, 44_100 * 4.7, name));
    const wholes = await Promise.all(names.map((name) => sound.reference(name)));
    // Sample by sample, across the joins of cells. The guard is one quantum late.
    let differs = 0;
    let stemDiffers = 0;
    for (let i = 22_050; i < 110_250; i++) {
      const at = (places[0] ?? 0) - middle + i;
      let sum = 0;
      wholes.forEach((whole, stem) => {
        sum += whole[at] ?? 0;
        stemDiffers = Math.max(stemDiffers, Math.abs((heard.tracks[stem + 1]?.[i] ?? 0) - (whole[at] ?? 0)));
      });
      differs = Math.max(differs, Math.abs((heard.tracks[0]?.[i + 128] ?? 0) - sum));
    }
    return { places, differs, stemDiffers };
  });
  expect(new Set(found.places).size, `the stems lie at ${found.places}`).toBe(1);
  expect(found.places[0]).toBeGreaterThan(0);
  expect(found.stemDiffers).toBe(0);
  expect(found.differs).toBeLessThan(1e-6);
});

test("a vocals-only mix falls to silence when the vocals are muted", async ({ song }) => {
  const page = await song("time");
  const [before, after, alone] = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    const none = { drums: false, bass: false, other: false, vocals: false };
    engine.setMix({ soloed: { ...none, vocals: true } });
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    const first = await sound.recordFor(300);
    const vocals = sound.peakDb(first.tracks[4] ?? new Float32Array());
    const others = Math.max(...[1, 2, 3].map((track) => sound.peakDb(first.tracks[track] ?? new Float32Array())));
    engine.setMix({ muted: { ...none, vocals: true } });
    await sound.wait(300);
    const second = await sound.recordFor(300);
    return [vocals, sound.peakDb(second.tracks[0] ?? new Float32Array()), others];
  });
  expect(before).toBeGreaterThan(-30);
  expect(alone).toBeLessThan(-80);
  expect(after).toBeLessThan(-80);
});

test("50 mutes and 20 seeks later the position is what is heard, within 5 ms, and the stems are together", async ({
  song,
}) => {
  const page = await song("time");
  const { drifts, places } = await page.evaluate(() => window.sound.mutesAndSeeks());
  for (const all of places) expect(new Set(all).size, `stems at ${all}`).toBe(1);
  for (const drift of drifts) expect(Math.abs(drift), `drift in ms: ${drifts}`).toBeLessThan(5);
});

test("a seek leaves no gap, and lands on its sample", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.position() > 0.5);
    await sound.record();
    await sound.wait(300);
    engine.seek(20);
    const said = engine.position();
    await sound.until((one) => one.position() > 20.5);
    const heard = await sound.recorded();
    const track = heard.tracks[1] ?? new Float32Array();
    let quiet = 0;
    let longest = 0;
    for (const sample of track) {
      quiet = Math.abs(sample) < 1e-4 ? quiet + 1 : 0;
      longest = Math.max(longest, quiet);
    }
    const end = track.length - 8192;
    const at = await sound.locate(heard, end, 44_100 * 20.7);
    // Back from there to the first sample after the crossfade: it is 20 s plus the crossfade.
    const whole = await sound.reference("drums");
    let back = 0;
    while (back < end && Math.abs((track[end - back] ?? 0) - (whole[at - back] ?? 0)) < 1e-6) back++;
    return { said, longest, landed: at - back + 1 - 20 * 44_100 };
  });
  expect(found.said).toBe(20);
  expect(found.longest, "samples of silence in a row").toBeLessThan(132);
  expect(found.landed).toBeGreaterThanOrEqual(0);
  expect(found.landed, "samples until the old place has faded").toBeLessThanOrEqual(221);
});

test("a loop repeats to the sample", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    engine.seek(4.5);
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    engine.setLoop({ start: 4.4, end: 5.6 });
    await sound.until((one) => one.position() > 5.3);
    await sound.record();
    await sound.wait(4000);
    const position = engine.position();
    const { tracks } = await sound.recorded();
    const track = tracks[0] ?? new Float32Array();
    const period = 1.2 * 44_100;
    let differs = 0;
    for (let i = 30_000; i + period < track.length; i++) {
      differs = Math.max(differs, Math.abs((track[i] ?? 0) - (track[i + period] ?? 0)));
    }
    engine.setLoop(null);
    await sound.until((one) => one.position() > 5.8);
    return { position, differs, seconds: track.length / 44_100 };
  });
  expect(found.seconds).toBeGreaterThan(3.5);
  expect(found.position).toBeGreaterThanOrEqual(4.4);
  expect(found.position).toBeLessThan(5.6);
  expect(found.differs).toBe(0);
});

for (const speed of [0.5, 1.5]) {
  test(`at speed ${speed} a song lasts accordingly, ends, and keeps its pitch`, async ({ song }) => {
    const page = await song("tones", 4);
    const found = await page.evaluate(async (speed) => {
      const { sound } = window;
      const engine = sound.engine();
      await engine.play(); // the graph has to be there to be recorded
      await sound.until((one) => one.state().playing === "playing");
      engine.pause();
      engine.setMix({ speed });
      await sound.wait(500);
      engine.seek(0);
      await sound.record();
      await engine.play();
      await sound.until((one) => one.state().playing === "ended");
      const { tracks } = await sound.recorded();
      const track = tracks[3] ?? new Float32Array();
      const first = track.findIndex((sample) => Math.abs(sample) > 0.05);
      const last = track.findLastIndex((sample) => Math.abs(sample) > 0.05);
      const middle = track.subarray(first + 20_000, first + 60_000);
      return {
        seconds: (last - first) / 44_100,
        hz: sound.frequency(middle, 200, 800),
        drumsHz: sound.frequency((tracks[1] ?? track).subarray(first + 20_000, first + 60_000), 500, 1600),
        position: engine.position(),
      };
    }, speed);
    expect(Math.abs(found.seconds * speed - 4)).toBeLessThan(0.04);
    expect(Math.abs(found.hz - 440)).toBeLessThan(2);
    expect(Math.abs(found.drumsHz - 1000)).toBeLessThan(4);
    expect(found.position).toBe(4);
  });
}

test("three semitones up move a melodic stem and leave the drums", async ({ song }) => {
  const page = await song("tones");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    await sound.record();
    engine.setMix({ key: 3 });
    await sound.wait(2500);
    const { tracks } = await sound.recorded();
    const track = (index: number) => tracks[index] ?? new Float32Array();
    const late = (index: number) => track(index).subarray(66_150);
    const drums = track(1);
    // The drums' sine goes on as if nothing had happened: no sample leaves it.
    let breaks = 0;
    const turn = 2 * Math.cos((2 * Math.PI * 1000) / 44_100);
    for (let i = 2; i < drums.length; i++) {
      breaks = Math.max(breaks, Math.abs((drums[i] ?? 0) - turn * (drums[i - 1] ?? 0) + (drums[i - 2] ?? 0)));
    }
    return { drums: sound.frequency(late(1), 800, 1300), breaks, other: sound.frequency(late(3), 300, 700) };
  });
  expect(Math.abs(found.other - 523.25)).toBeLessThan(2);
  expect(Math.abs(found.drums - 1000)).toBeLessThan(1);
  expect(found.breaks).toBeLessThan(0.01);
});

test("stretched stems stay together, and the position tells what is heard", async ({ song }) => {
  const page = await song("bursts");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    engine.setMix({ speed: 0.8, key: 2 });
    await engine.play();
    await sound.until((one) => one.position() > 1.2);
    engine.seek(10.1);
    await sound.until((one) => one.position() > 10.3);
    await sound.record();
    await sound.wait(2500);
    const stamp = sound.stamp();
    await sound.wait(200);
    const heard = await sound.recorded();
    // Each burst lasts about 20 ms: its middle by energy.
    const middles = (track: Float32Array) => {
      const found: number[] = [];
      for (let i = 0; i < track.length;) {
        if (Math.abs(track[i] ?? 0) < 0.05) {
          i++;
          continue;
        }
        let weight = 0;
        let moment = 0;
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
    const drums = middles(heard.tracks[1] ?? new Float32Array());
    const vocals = middles(heard.tracks[4] ?? new Float32Array());
    const apart = drums.map((at, i) => ((vocals[i] ?? 0) - at) / 44.1);
    // The song position of each burst, going back from the stamp at the speed that was set.
    const songs = drums.map((at) => stamp.position - ((stamp.frame - 128 - heard.frame - at) / 44_100) * 0.8);
    const late = songs.map((at) => ((at + 0.25) % 0.5) - 0.25);
    return { apart, late, gaps: drums.slice(1).map((at, i) => (at - (drums[i] ?? 0)) / 44_100) };
  });
  expect(found.apart.length).toBeGreaterThanOrEqual(2);
  for (const gap of found.gaps) expect(Math.abs(gap - 0.625), `gaps ${found.gaps}`).toBeLessThan(0.01);
  for (const ms of found.apart) expect(Math.abs(ms), `apart ${found.apart}`).toBeLessThan(5);
  for (const seconds of found.late) expect(Math.abs(seconds), `late ${found.late}`).toBeLessThan(0.02);
});

test("links that end while it plays are renewed without a pause", async ({ song, site }) => {
  const page = await song("time");
  await page.evaluate(async () => {
    await window.sound.engine().play();
    await window.sound.until((one) => one.position() > 0.3);
  });
  site.endedLinks = 2;
  const found = await page.evaluate(async () => {
    const { sound } = window;
    sound.seen.length = 0;
    sound.engine().seek(25);
    await sound.until((one) => one.state().playing === "playing" && one.position() > 26);
    return { seen: sound.seen, trouble: sound.engine().state().trouble };
  });
  expect(found.seen.filter((one) => one === "fresh links")).toHaveLength(1);
  expect(found.trouble).toBeNull();
});

test("without a network it waits, says so, and plays on by itself", async ({ song, site }) => {
  const page = await song("time");
  await page.evaluate(async () => {
    await window.sound.engine().play();
    await window.sound.until((one) => one.position() > 0.3);
  });
  site.down = true;
  const waiting = await page.evaluate(async () => {
    const { sound } = window;
    sound.engine().seek(27);
    await sound.until((one) => one.state().playing === "buffering" && one.state().trouble !== null);
    const { tracks } = await sound.recordFor(200);
    return { position: sound.engine().position(), db: sound.peakDb(tracks[0] ?? new Float32Array()) };
  });
  expect(waiting.position).toBe(27);
  expect(waiting.db).toBeLessThan(-80);
  site.down = false;
  const trouble = await page.evaluate(async () => {
    await window.sound.until((one) => one.state().playing === "playing" && one.position() > 27.3);
    return window.sound.engine().state().trouble;
  });
  expect(trouble).toBeNull();
});

test("a count-in clicks in time, and the song starts on the beat", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    engine.pause();
    engine.seek(7);
    await sound.wait(200);
    await sound.record();
    await engine.play({ countIn: { bpm: 120, beats: 3 } });
    const state = engine.state().playing;
    await sound.until((one) => one.state().playing === "playing" && one.position() > 7.2);
    const { tracks } = await sound.recorded();
    const start = tracks[1]?.findIndex((sample) => sample !== 0) ?? -1;
    const clicks: number[] = [];
    const out = tracks[0] ?? new Float32Array();
    for (let i = 0; i < start; i++) {
      if (Math.abs(out[i] ?? 0) > 0.2 && i - (clicks.at(-1) ?? -9999) > 4410) clicks.push(i);
    }
    return { state, before: clicks.map((click) => (start + 128 - click) / 44_100) };
  });
  expect(found.state).toBe("counting-in");
  expect(found.before).toHaveLength(3);
  found.before.forEach((seconds, i) => expect(Math.abs(seconds - (3 - i) * 0.5)).toBeLessThan(0.003));
});

test("pause holds the place, and close ends everything", async ({ song, site }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    await engine.play();
    await sound.until((one) => one.position() > 0.5);
    engine.pause();
    await sound.wait(300);
    const first = engine.position();
    await sound.wait(300);
    const second = engine.position();
    await engine.play();
    await sound.until((one) => one.position() > first);
    const context = engine.output()?.context;
    const jump = engine.position() - first;
    engine.seek(20);
    await engine.close();
    return { first, second, jump, context: context?.state, output: engine.output() };
  });
  expect(found.second).toBe(found.first);
  expect(found.jump).toBeLessThan(0.5);
  expect(found.context).toBe("closed");
  expect(found.output).toBeNull();
  const asked = site.requests.length;
  await page.waitForTimeout(500); // nothing to wait for: nothing may come
  expect(site.requests.length).toBe(asked);
});
