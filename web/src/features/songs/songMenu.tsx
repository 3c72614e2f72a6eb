import { CircleX, FilePlus2, Gauge, Info, Pencil, RotateCcw, SquareArrowOutUpRight, Trash2 } from "lucide-react";
import { useLocation } from "wouter";
import type { Song } from "@/api/client";
import { isUnreadable } from "@/api/songs";
import type { MenuItem } from "@/components/Menu";
import { useSongActions } from "./actions";
import { isUnmeasured } from "./measured";
import { canCancel, detailsPath, remedyOf, songPath } from "./words";

/** What the list does for its songs. */
export interface SongHandlers {
  onRename(song: Song): void;
  onDelete(song: Song): void;
  onChooseFile(): void;
}

/** A menu that closes gives the focus back a moment later: what moves the focus itself has to come after that. */
const afterMenu = (act: () => void) => setTimeout(() => setTimeout(act));

/** What can be done about a song; `cure` is what helps where something went wrong. */
export function useSongMenu(song: Song, { onRename, onDelete, onChooseFile }: SongHandlers) {
  const actions = useSongActions();
  const [, go] = useLocation();
  const remedy = remedyOf(song);
  const again = { icon: <RotateCcw size={18} />, onSelect: () => void actions.retry(song) };
  const remedies = {
    retry: { label: "Retry", ...again },
    "retry-lyrics": { label: "Retry lyrics", ...again },
    "another-file": { label: "Choose another file", icon: <FilePlus2 size={18} />, onSelect: onChooseFile },
  };
  const cure: MenuItem | undefined = remedy && remedies[remedy];
  const remove = {
    label: "Delete",
    icon: <Trash2 size={18} />,
    danger: true,
    onSelect: () => afterMenu(() => onDelete(song)),
  };
  if (isUnreadable(song)) return { cure, items: [remove] };
  const measure = {
    label: "Measure tempo and key",
    icon: <Gauge size={18} />,
    onSelect: () => void actions.measure(song),
  };
  const cancel = { label: "Cancel", icon: <CircleX size={18} />, onSelect: () => void actions.cancel(song) };
  const items: MenuItem[] = [
    { label: "Open", icon: <SquareArrowOutUpRight size={18} />, onSelect: () => go(songPath(song)) },
    { label: "Details", icon: <Info size={18} />, onSelect: () => go(detailsPath(song)) },
    { label: "Rename…", icon: <Pencil size={18} />, onSelect: () => afterMenu(() => onRename(song)) },
    ...(cure ? [cure] : []),
    ...(isUnmeasured(song) ? [measure] : []),
    canCancel(song) ? cancel : remove,
  ];
  return { cure, items };
}
