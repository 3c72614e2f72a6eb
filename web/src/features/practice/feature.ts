import { Ear } from "lucide-react";
import type { Feature } from "../feature";

export const practice: Feature = {
  name: "practice",
  pages: {
    "/practice": () => import("./PracticePage"),
    "/practice/stats": () => import("./StatsPage"),
    "/practice/settings": () => import("./SettingsPage"),
  },
  menu: [{ label: "Guess The Track", icon: Ear, path: "/practice" }],
  // Answers that were given without a connection are sent on whichever page.
  async onSignedIn(email, { session, api, queries }) {
    const { outboxOf } = await import("./outbox/useOutbox");
    const state = session.state();
    if (state.status === "in" && state.email === email) await outboxOf(email, session, api, queries);
  },
  forget: async (email) => (await import("./outbox/forget")).forgetPractice(email),
};
