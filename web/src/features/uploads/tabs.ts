import type { Tabs as Together } from "@/lib/tabs";
import type { Details, Pause, UploadView, Words } from "./model";

/** What a person does to an upload, whichever tab they do it in. */
export type Command =
  | { do: "cancel" | "retry" | "dismiss"; id: string }
  | { do: "edit"; id: string; details: Partial<Details> }
  | { do: "words"; id: string; words: Words | null };

export type TabMessage =
  /** A tab has opened and wants to know. */
  | { is: "hello" }
  /** There is more in the store. */
  | { is: "added" }
  /** What the tab that sends is doing. */
  | { is: "views"; views: UploadView[]; pause?: Pause | null }
  | { is: "command"; command: Command };

export type Tabs = Together<TabMessage>;
