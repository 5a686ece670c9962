// Names that Postgres makes up for what a statement leaves unnamed: `t_pkey`, `t_a_key`, `t_a_idx`
// (PG: makeObjectName, ChooseRelationName, ChooseConstraintName, ChooseIndexName).

const NAME_BYTES_MAX = 63;

/** Cut to the bytes of a name, never inside a character. */
export function clipName(name: string, bytesMax: number = NAME_BYTES_MAX): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= bytesMax) return name;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** `first_second_label`, the longer of the first two shortened until it fits. */
export function makeObjectName(first: string, second: string | null, label: string): string {
  const overhead = (second === null ? 0 : 1) + (label === '' ? 0 : Buffer.byteLength(label) + 1);
  let firstBytes = Buffer.byteLength(first);
  let secondBytes = second === null ? 0 : Buffer.byteLength(second);
  while (firstBytes + secondBytes > NAME_BYTES_MAX - overhead) {
    if (firstBytes > secondBytes) firstBytes -= 1;
    else secondBytes -= 1;
  }
  const parts = [clipName(first, firstBytes)];
  if (second !== null) parts.push(clipName(second, secondBytes));
  if (label !== '') parts.push(label);
  return parts.join('_');
}

/** The first of `..._label`, `..._label1`, `..._label2` that is free. */
export function chooseName(
  [first, second, label]: readonly [first: string, second: string | null, label: string],
  isTaken: (name: string) => boolean,
): string {
  for (let pass = 0; ; pass += 1) {
    const name = makeObjectName(first, second, pass === 0 ? label : `${label}${String(pass)}`);
    if (!isTaken(name)) return name;
  }
}

/** Column names joined by `_`, as far as they can matter. */
export function joinColumnNames(names: readonly string[]): string {
  let joined = '';
  for (const name of names) {
    joined = joined === '' ? name : `${joined}_${name}`;
    if (Buffer.byteLength(joined) >= NAME_BYTES_MAX) break;
  }
  return joined;
}
