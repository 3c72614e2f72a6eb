const TYPES: Record<string, string> = {
  wav: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  json: "application/json",
};
/** How long (ms) a download's address is kept: the browser has begun to read long before. */
const REVOKE_AFTER = 60_000;

/** Give a file to the person, under `name`. */
export function download(file: Blob, name: string): void {
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain;charset=utf-8";
  const address = URL.createObjectURL(file.slice(0, file.size, type));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), REVOKE_AFTER);
}
