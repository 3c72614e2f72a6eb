/** A file, and in which folder it was found: "" is none. */
export interface Found {
  file: File;
  folder: string;
}

export interface Gathered {
  found: Found[];
  /** Places that could not be read, by their path. */
  unread: string[];
}

/** What operating systems put into folders for themselves: nobody chose it. */
const isHidden = (name: string) => /^(\.|thumbs\.db$|desktop\.ini$|__macosx$)/i.test(name);

/** Numbers count as numbers: "2 Intro" comes before "10 Finale". */
const { compare } = new Intl.Collator(undefined, { numeric: true });

/** In the order of their paths, which a browser does not promise: of two files with the same sound the first one counts. */
const inOrder = (found: Found[]): Found[] =>
  found.sort((one, other) => compare(one.folder, other.folder) || compare(one.file.name, other.file.name));

/** The files of a folder that was chosen: their paths tell where they were. */
export function fromPicker(files: readonly File[]): Gathered {
  const found = files
    .map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1) }))
    .filter(({ file, folder }) => ![file.name, ...folder].some(isHidden))
    .map(({ file, folder }) => ({ file, folder: folder.join("/") }));
  return { found: inOrder(found), unread: [] };
}

/** What was dropped, folders with all that is in them. What cannot be read is named and holds nothing else up. */
export async function fromDrop(entries: readonly (FileSystemEntry | File)[]): Promise<Gathered> {
  const gathered: Gathered = { found: [], unread: [] };
  // One after the other: a folder of thousands at once would open them all.
  for (const entry of entries)
    if (entry instanceof File) gathered.found.push({ file: entry, folder: "" });
    else await gather(entry, "", gathered);
  inOrder(gathered.found);
  return gathered;
}

async function gather(entry: FileSystemEntry, folder: string, into: Gathered): Promise<void> {
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  if (folder && isHidden(entry.name)) return;
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      into.found.push({ file, folder });
    } else {
      const inside = await contents((entry as FileSystemDirectoryEntry).createReader());
      for (const one of inside) await gather(one, path, into);
    }
  } catch {
    into.unread.push(path);
  }
}

/** A reader gives some entries at a time (Chromium: 100), and none at the end. */
async function contents(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

/** Whether this browser lets a person choose a folder: phones do not. */
export const canChooseFolder = (): boolean =>
  "webkitdirectory" in HTMLInputElement.prototype && !matchMedia("(pointer: coarse)").matches;
