import { useEffect, useEffectEvent, useState } from "react";

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

/** Takes what is dropped anywhere on the page. Answers whether files are being dragged over it. */
export function useDrop(onDrop: (dropped: (FileSystemEntry | File)[]) => void): boolean {
  const [over, setOver] = useState(false);
  const take = useEffectEvent(onDrop);
  useEffect(() => {
    const listening = new AbortController();
    const on = (type: "dragover" | "dragleave" | "drop", listener: (event: DragEvent) => void) =>
      addEventListener(type, (event) => carriesFiles(event) && listener(event), { signal: listening.signal });
    on("dragover", (event) => {
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      setOver(true);
    });
    on("dragleave", (event) => {
      if (event.relatedTarget === null) setOver(false);
    });
    on("drop", (event) => {
      event.preventDefault();
      setOver(false);
      // The browser shows what was dropped only now: a moment later the list is empty.
      const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
      const dropped = items.flatMap((item) => {
        const entry = item.webkitGetAsEntry();
        return entry?.isDirectory ? entry : (item.getAsFile() ?? entry ?? []);
      });
      take(dropped);
    });
    return () => listening.abort();
  }, []);
  return over;
}
