/** The service takes 2,000 rows and 1 MB at once. */
const ROWS = 2000;
const BYTES = 900_000;

interface Page {
  csv: string;
  nextCursor: string | null;
}

/** All pages of the log as one file. */
export async function wholeSheet(read: (cursor?: string) => Promise<Page>): Promise<string> {
  let text = "";
  for (let cursor: string | undefined; ;) {
    const page = await read(cursor);
    text += page.csv;
    if (page.nextCursor === null) return text;
    cursor = page.nextCursor;
  }
}

/** A sheet in parts that the service takes, each with the line of names; `before`: how many rows came in earlier parts. */
export function parts(text: string): { csv: string; before: number }[] {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === "") lines.pop();
  // A quoted field may hold a line break: such a file is not cut.
  if (text.includes('"')) return [{ csv: text, before: 0 }];
  const [head = "", ...rows] = lines;
  const found: { csv: string; before: number }[] = [];
  let [part, bytes, before] = [[] as string[], 0, 0];
  const end = () => {
    found.push({ csv: [head, ...part].join("\r\n") + "\r\n", before });
    before += part.length;
    [part, bytes] = [[], 0];
  };
  for (const row of rows) {
    if (part.length === ROWS || bytes + row.length > BYTES) end();
    part.push(row);
    bytes += row.length;
  }
  if (part.length || !found.length) end();
  return found;
}
