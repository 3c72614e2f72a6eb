import { type ComponentType, lazy } from "react";
import type { Slots } from "@/features/feature";
import { slot } from "../slots";
import { Absent } from "./Absent";

export const SignedOutPage = lazy<ComponentType<Slots["signedOut"]>>(async () => ({
  default: (await slot("signedOut")) ?? Absent,
}));
