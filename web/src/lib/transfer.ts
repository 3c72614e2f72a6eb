/** Where a file goes, and what its signature binds. */
export interface Link {
  url: string;
  headers: Record<string, string>;
}

/** A dead line says nothing for minutes; after so many milliseconds without a byte it is given up. */
const STALL_MS = 90_000;

/** PUT a file to its link. Resolves with the status, 0 when no answer came; rejects with AbortError by `signal`. */
export async function put(
  { url, headers }: Link,
  file: Blob,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of what has been sent
    const abort = () => request.abort();
    let stall = setTimeout(abort, STALL_MS);
    request.upload.onprogress = (event) => {
      clearTimeout(stall);
      stall = setTimeout(abort, STALL_MS);
      onProgress(event.loaded);
    };
    request.onloadend = () => {
      clearTimeout(stall);
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(new DOMException("The upload was stopped.", "AbortError"));
      else resolve(request.status);
    };
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    signal.addEventListener("abort", abort);
    request.send(file);
  });
}
