// How the streams of two servers are compared, and what differs for a reason: each known difference
// is a line here, and nowhere else.

interface Known {
  readonly why: string;
  /** Of the messages of one stream, those that are compared. */
  readonly compared: (messages: readonly string[]) => readonly string[];
}

const isError = (message: string | undefined): boolean =>
  message?.startsWith('ErrorResponse') === true;

const KNOWN: readonly Known[] = [
  {
    why: 'No row leaves before all of them are there, nor their description in a simple query.',
    compared: (messages) => {
      const kept: string[] = [];
      for (const message of messages.toReversed()) {
        const isOfFailed = isError(kept.at(-1)) && /^(DataRow|RowDescription)/.test(message);
        if (!isOfFailed) kept.push(message);
      }
      return kept.toReversed();
    },
  },
  {
    why: 'A query string that failed in a block leaves its portal behind, as the one without a name.',
    compared: (messages) =>
      messages.map((message) => (isAboutUnnamed(message) ? ABORTED : message)),
  },
];

const ABORTED = 'ErrorResponse 25P02, or 34000 for the unnamed portal';

function isAboutUnnamed(message: string): boolean {
  const isError34000 = message.includes('\n  message: portal "" does not exist');
  return isError(message) && (isError34000 || message.includes('\n  code: 25P02'));
}

export function compared(messages: readonly string[]): readonly string[] {
  return KNOWN.reduce((left, { compared: only }) => only(left), messages);
}

/** In a few words, without names and numbers. */
function inShort(message: string | undefined): string {
  if (message === undefined) return 'nothing';
  const [first = '', ...rest] = message.split('\n');
  if (!/^(ErrorResponse|NoticeResponse)/.test(first)) return first.split(' ').slice(0, 2).join(' ');
  const field = (name: string): string =>
    rest.find((text) => text.startsWith(`  ${name}: `))?.slice(name.length + 4) ?? '';
  return `${first} ${field('code')} ${field('message').replace(/"[^"]*"|\d+/g, '*')}`;
}

export interface Difference {
  /** Differences of one kind have the same. */
  readonly what: string;
  readonly client: number;
  /** From a few messages before the first that differs. */
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

const AROUND = 3;

/**
 * What is not supported says so: clients do not know then what comes next, and nor do we. (Other ways
 * to say it are differences.) The same for Describe of the portal that a failed query string leaves.
 */
const NOT_SUPPORTED = /\n {2}code: 0A000\n {2}message: .* (is|are) not supported/;

export function isNotSupported({ ours, theirs }: Difference): boolean {
  const [mine = '', other = ''] = [ours.at(-1), theirs.at(-1)];
  const isOfLeftPortal = mine === ABORTED && /^(NoData|RowDescription)/.test(other);
  return isOfLeftPortal || (NOT_SUPPORTED.test(mine) && !NOT_SUPPORTED.test(other));
}

export function difference(
  ours: readonly (readonly string[])[],
  theirs: readonly (readonly string[])[],
): Difference | null {
  for (const client of [0, 1]) {
    const [mine, other] = [compared(ours[client] ?? []), compared(theirs[client] ?? [])];
    const at = mine.findIndex((message, index) => message !== other[index]);
    if (at < 0 && mine.length === other.length) continue;
    const place = at < 0 ? mine.length : at;
    const [a, b] = [mine[place], other[place]];
    const isSame = inShort(a) === inShort(b);
    return {
      what: `${inShort(a)} <> ${isSame ? fieldsThatDiffer(a, b) : inShort(b)}`,
      client,
      ours: mine.slice(Math.max(0, place - AROUND), place + 1),
      theirs: other.slice(Math.max(0, place - AROUND), place + 1),
    };
  }
  return null;
}

/** Of two messages of one kind. */
function fieldsThatDiffer(a = '', b = ''): string {
  const [mine, other] = [a.split('\n'), b.split('\n')];
  const line =
    mine.find((text, at) => text !== other[at]) ??
    other.find((text, at) => text !== mine[at]) ??
    '';
  return /^ {2}[\w ,]+: /.test(line) ? (line.split(':')[0] as string).trim() : 'another one';
}
