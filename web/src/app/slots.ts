import type { ComponentType } from "react";
import type { Feature, Slots } from "@/features/feature";
import * as features from "./features";

export const FEATURES: readonly Feature[] = Object.values(features);

/** Load the component of a slot; undefined where no feature fills it. Rejects when the file cannot be loaded. */
export async function slot<Name extends keyof Slots>(name: Name): Promise<ComponentType<Slots[Name]> | undefined> {
  for (const { slots } of FEATURES) {
    const load = slots?.[name];
    if (load) return (await load()).default;
  }
  return undefined;
}

/** As `slot`, for a part of a page: where its file cannot be loaded, only the part around it breaks. */
export async function part<Props>(loading: Promise<ComponentType<Props> | undefined>) {
  return loading.catch((error: unknown): ComponentType<Props> => {
    return function Broken() {
      throw error;
    };
  });
}
