/** A ZIP of whole files, stored as they are: sound does not get smaller. Up to 4 GB; the caller starts another before. */
export class Zip {
  private readonly parts: BlobPart[] = [];
  private readonly directory: BlobPart[] = [];
  private directorySize = 0;
  private count = 0;
  /** Bytes so far. */
  size = 0;

  /** `path` uses slashes. */
  async add(path: string, content: Blob, changed: Date): Promise<void> {
    const name = new TextEncoder().encode(path);
    const crc = await crc32(content);
    const at = this.size;
    const years = Math.max(0, changed.getFullYear() - 1980);
    const entry = record(26, (put) => {
      put(2, 20); // needs version 2.0
      put(2, 0x0800); // names are UTF-8
      put(2, 0); // stored
      put(2, (changed.getHours() << 11) | (changed.getMinutes() << 5) | (changed.getSeconds() >> 1));
      put(2, (years << 9) | ((changed.getMonth() + 1) << 5) | changed.getDate());
      put(4, crc);
      put(4, content.size);
      put(4, content.size);
      put(2, name.length);
      put(2, 0);
    });
    this.parts.push(mark(0x04034b50), entry, name, content);
    this.size += 4 + entry.length + name.length + content.size;
    const place = record(14, (put) => {
      put(2, 0);
      put(2, 0);
      put(2, 0);
      put(4, 0);
      put(4, at);
    });
    this.directory.push(
      mark(0x02014b50),
      record(2, (put) => put(2, 20)),
      entry,
      place,
      name,
    );
    this.directorySize += 46 + name.length;
    this.count += 1;
  }

  finish(): Blob {
    const end = record(18, (put) => {
      put(2, 0);
      put(2, 0);
      put(2, this.count);
      put(2, this.count);
      put(4, this.directorySize);
      put(4, this.size);
      put(2, 0);
    });
    return new Blob([...this.parts, ...this.directory, mark(0x06054b50), end], { type: "application/zip" });
  }
}

const mark = (signature: number) => record(4, (put) => put(4, signature));

/** Little-endian numbers of 2 or 4 bytes, one behind the other. */
function record(length: number, fill: (put: (bytes: 2 | 4, value: number) => void) => void): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(length));
  let at = 0;
  fill((bytes, value) => {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  });
  return new Uint8Array(view.buffer);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

async function crc32(content: Blob): Promise<number> {
  let crc = 0xffffffff;
  const reader = content.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return (crc ^ 0xffffffff) >>> 0;
    for (const byte of value) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
  }
}
