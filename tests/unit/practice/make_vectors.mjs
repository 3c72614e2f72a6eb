// Makes fsrs_vectors.json: `npm install ts-fsrs@5.4.2` in an empty folder, copy this file there, run it with node. Its
// histories are [days since the review before, rating 1–4, stability, difficulty, interval, recall before the review].
import { createEmptyCard, default_w, fsrs, generatorParameters } from "ts-fsrs";

let seed = 17;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const scheduler = fsrs(
  generatorParameters({
    enable_fuzz: false,
    enable_short_term: true,
    learning_steps: [],
    relearning_steps: [],
    request_retention: 0.9,
  }),
);
const histories = [];
for (let history = 0; history < 60; history++) {
  let at = new Date("2026-01-01T00:00:00Z");
  let card = createEmptyCard(at);
  const steps = [];
  const length = 1 + Math.floor(random() * 12);
  for (let n = 0; n < length; n++) {
    const days = n === 0 ? 0 : random() < 0.2 ? 0 : 1 + Math.floor(random() ** 3 * 200);
    at = new Date(at.getTime() + days * 86400e3);
    const rating = [1, 2, 3, 3, 3, 4][Math.floor(random() * 6)];
    const recall = n === 0 ? null : scheduler.get_retrievability(card, at, false);
    card = scheduler.next(card, at, rating).card;
    steps.push([days, rating, card.stability, card.difficulty, scheduler.next_interval(card.stability, days), recall]);
  }
  histories.push(steps);
}
console.log(JSON.stringify({ made: "by make_vectors.mjs", parameters: default_w, histories }));
