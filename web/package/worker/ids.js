/** Fresh ids: UUIDv7 (RFC 9562 §5.7), rising within a Worker. Owns how they are made here; what is derived from others is Rust's. */

let last = 0;
let counter = 0;

/** @returns {string} */
export function newId() {
  const now = Math.max(Date.now(), last);
  counter = now === last ? counter + 1 : 0;
  last = now + (counter > 0xfff ? 1 : 0);
  if (counter > 0xfff) counter = 0;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let index = 0; index < 6; index++) bytes[index] = Math.floor(last / 2 ** (8 * (5 - index))) & 0xff;
  bytes[6] = 0x70 | (counter >> 8);
  bytes[7] = counter & 0xff;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
