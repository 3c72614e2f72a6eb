const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // pragma: allowlist secret

/** A ULID: 48 bits of time and 80 of chance, so that ids sort by the moment they were made. */
export function newId(now = Date.now(), chance = crypto.getRandomValues(new Uint8Array(10))): string {
  let bits = BigInt(now);
  for (const byte of chance) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 0; i < 26; i++, bits >>= 5n) text = (DIGITS[Number(bits & 31n)] ?? "0") + text;
  return text;
}
