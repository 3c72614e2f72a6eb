// The features of the app, one line each. To remove one, delete its line and its folder.
export { account } from "@/features/account/feature";
export { capture } from "@/features/capture/feature";
export { lyrics } from "@/features/lyrics/feature";
export { measurement } from "@/features/measurement/feature";
export { player } from "@/features/player/feature";
export { practice } from "@/features/practice/feature";
export { session } from "@/features/session/feature";
export { songs } from "@/features/songs/feature";
export { takeaway } from "@/features/takeaway/feature";
export { uploads } from "@/features/uploads/feature";
