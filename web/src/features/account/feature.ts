import { CircleUser } from "lucide-react";
import type { Feature } from "../feature";

export const account: Feature = {
  name: "account",
  pages: { "/account": () => import("./AccountPage") },
  menu: [{ label: "Account", icon: CircleUser, path: "/account" }],
};
