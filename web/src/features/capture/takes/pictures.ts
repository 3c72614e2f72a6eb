/** The JPEGs of a window's pictures, which lie one after the other: from each start (FF D8 FF) to its end (FF D9). */
export function splitPictures(mjpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const found: Uint8Array<ArrayBuffer>[] = [];
  let start = -1;
  for (let at = 0; at + 1 < mjpeg.length; at++) {
    if (mjpeg[at] !== 0xff) continue;
    if (start < 0 && mjpeg[at + 1] === 0xd8 && mjpeg[at + 2] === 0xff) start = at;
    else if (start >= 0 && mjpeg[at + 1] === 0xd9) {
      found.push(mjpeg.subarray(start, at + 2));
      start = -1;
    }
  }
  return found;
}
