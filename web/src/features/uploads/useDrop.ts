import { useEffect, useEffectEvent, useState } from "react";

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;

/** Takes what is dropped anywhere on the page. Answers whether files are being dragged over it. */
export function useDrop(onFiles: (files: File[], folders: string[]) => void): boolean {
  const [over, setOver] = useState(false);
  const take = useEffectEvent(onFiles);
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
      const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
      const isFolder = items.map((item) => item.webkitGetAsEntry()?.isDirectory ?? false);
      const files = items.flatMap((item, index) => (isFolder[index] ? [] : (item.getAsFile() ?? [])));
      const folders = items.flatMap((item, index) => (isFolder[index] ? (item.getAsFile()?.name ?? "A folder") : []));
      take(files, folders);
    });
    return () => listening.abort();
  }, []);
  return over;
}
