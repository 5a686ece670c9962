// Rows of COPY survive the way out and back in, in every format, however their bytes are cut; what
// never ends is refused.
import { beforeAll, describe, expect, it } from 'vitest';
import type { PgError } from '../../src/errors/pg-error.ts';
import { LINE_BYTES_MAX } from '../../src/sql/copy/line-reader.ts';
import { copyOptions } from '../../src/sql/copy/options.ts';
import type { CopyOptions } from '../../src/sql/copy/options.ts';
import type { CopyField, CopyPlan } from '../../src/sql/copy/plan.ts';
import { CopyPosition } from '../../src/sql/copy/position.ts';
import { createRowDecoder } from '../../src/sql/copy/row-decoder.ts';
import { createRowEncoder } from '../../src/sql/copy/row-encoder.ts';
import { asTag, list } from '../../src/sql/parse/node.ts';
import { initializeParser, parse } from '../../src/sql/parse/parse.ts';
import type { FormatSettings } from '../../src/types/pg-type.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { ValueRowsReader, ValueRowsWriter } from '../../src/types/value-rows.ts';
import { Prng } from '../../src/util/prng.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const SETTINGS: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
};

type Row = readonly SqliteValue[];

function optionsOf(text: string): CopyOptions {
  const [statement] = parse(`copy t from stdin ${text}`);
  const definitions = list(asTag(statement?.node, 'CopyStmt') ?? {}, 'options');
  return copyOptions(definitions, true, () => undefined);
}

/** Columns named a, b, ... of these types. */
function planOf(options: string, types: readonly number[]): CopyPlan {
  const fields = types.map((type, at): CopyField => {
    return { name: String.fromCharCode(97 + at), type, typmod: -1 };
  });
  const plan = { kind: 'copy', relationName: 't', options: optionsOf(options), fields };
  // The query behind it is of no interest to the codecs.
  return plan as unknown as CopyPlan;
}

function encode(plan: CopyPlan, rows: readonly Row[]): Buffer {
  const encoder = createRowEncoder(plan, SETTINGS);
  const pieces = [encoder.begin() ?? '', ...rows.map((row) => encoder.row(row)), encoder.end()];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece ?? '')));
}

interface Decoded {
  readonly rows: readonly Row[];
  readonly lines: readonly number[];
}

function decode(plan: CopyPlan, pieces: readonly Uint8Array[]): Decoded {
  const writer = new ValueRowsWriter(plan.fields.length);
  const lines: number[] = [];
  const onRow = (line: number): void => void lines.push(line);
  const output = { writer, onRow, settings: SETTINGS };
  const decoder = createRowDecoder(plan, new CopyPosition('t'), output);
  // A message is gone when the next one comes.
  for (const piece of pieces) {
    const message = Buffer.from(piece);
    decoder.push(message);
    message.fill(0);
  }
  decoder.end();
  const reader = new ValueRowsReader(writer.take().bytes);
  const rows: Row[] = [];
  const row: SqliteValue[] = [];
  while (reader.next(row)) rows.push([...row]);
  return { rows, lines };
}

/** What became of it: the rows, or the error with its context. */
function outcome(plan: CopyPlan, pieces: readonly Uint8Array[]): unknown {
  try {
    return decode(plan, pieces);
  } catch (error) {
    const { code, message, fields } = error as PgError;
    return { code, message, where: fields.where };
  }
}

function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const bounds = [0, ...places, bytes.length];
  return bounds.slice(1).map((end, at) => bytes.subarray(bounds[at], end));
}

beforeAll(initializeParser);

const TEXT = 25;
const INT4 = 23;
const TYPES = [INT4, TEXT, TEXT, 17, 701];
const PIECES = ['\\', '\n', '\r', '\t', ',', '"', "'", '\\.', '\\N', 'N', 'é', '𝄞', ' ', '', '|', 'x', '\b\v\f\u0001']; // prettier-ignore

function drawText(prng: Prng): SqliteValue {
  if (prng.chance(0.15)) return null;
  return Array.from({ length: prng.integer(5) }, () => prng.pick(PIECES)).join('');
}

function drawRow(prng: Prng): Row {
  const integer = prng.chance(0.1) ? null : BigInt(prng.between(-5, 1_000_000));
  const bytes = Buffer.from(Array.from({ length: prng.integer(4) }, () => prng.integer(256)));
  const float = prng.pick([1.5, -1e300, 0, 'NaN', Infinity, null]);
  return [integer, drawText(prng), drawText(prng), bytes, float];
}

const FORMATS = [
  '',
  "(delimiter '|', null 'nil')",
  "(delimiter ' ', null '-')",
  '(header)',
  '(format csv)',
  '(format csv, header)',
  "(format csv, quote '''', escape '\\', delimiter ';')",
  "(format csv, quote '\\', null 'N', delimiter E'\\t')",
  "(format csv, delimiter '\\', quote '|')",
  '(format binary)',
];

describe.each(FORMATS)('copy %s', (format) => {
  const prng = new Prng(SEED);

  it('gives back what it was given', () => {
    const plan = planOf(format, TYPES);
    const rows = Array.from({ length: 500 }, () => drawRow(prng));
    const bytes = encode(plan, rows);
    expect(decode(plan, [bytes]).rows).toEqual(rows);
    const places = Array.from({ length: 200 }, () => prng.integer(bytes.length));
    const pieces = cutAt(
      bytes,
      places.sort((a, b) => a - b),
    );
    expect(decode(plan, pieces).rows).toEqual(rows);
  });

  it('may be cut at every byte', () => {
    const plan = planOf(format, TYPES);
    const bytes = encode(plan, [drawRow(prng), [1n, 'a\r\nb\\', '𝄞', Buffer.of(1), null], drawRow(prng)]); // prettier-ignore
    const whole = outcome(plan, [bytes]);
    const single = cutAt(
      bytes,
      Array.from(bytes.subarray(1), (_byte, at) => at + 1),
    );
    expect(outcome(plan, single)).toEqual(whole);
    for (let at = 1; at < bytes.length; at++) {
      expect(outcome(plan, cutAt(bytes, [at]))).toEqual(whole);
    }
  });
});

describe('any bytes', () => {
  const ALPHABET = Buffer.from('\\\n\r,"\t.Nab1\xc3\xa9', 'latin1');

  it.each(['', '(format csv)', "(format csv, escape '\\')", '(format csv, header match)'])(
    'copy %s: fail or not, however they are cut',
    (format) => {
      const prng = new Prng(SEED);
      const plan = planOf(format, [TEXT, TEXT]);
      for (let run = 0; run < 2000; run++) {
        const draw = (): number => prng.pick([...ALPHABET]);
        const bytes = Buffer.from(Array.from({ length: prng.integer(24) }, draw));
        const single = cutAt(
          bytes,
          Array.from(bytes.subarray(1), (_byte, at) => at + 1),
        );
        expect(outcome(plan, single)).toEqual(outcome(plan, [bytes]));
      }
    },
  );

  it('copy (format binary): fail or not, however they are cut', () => {
    const prng = new Prng(SEED);
    const plan = planOf('(format binary)', [INT4, TEXT]);
    const good = encode(plan, [[1n, 'x'], [2n, null]]); // prettier-ignore
    for (let run = 0; run < 2000; run++) {
      const bytes = Buffer.from(good.subarray(0, prng.integer(good.length + 1)));
      for (let changes = prng.integer(3); changes > 0 && bytes.length > 0; changes--) {
        bytes[prng.integer(bytes.length)] = prng.pick([0, 1, 2, 4, 127, 255]);
      }
      const single = cutAt(
        bytes,
        Array.from(bytes.subarray(1), (_byte, at) => at + 1),
      );
      expect(outcome(plan, single)).toEqual(outcome(plan, [bytes]));
    }
  });
});

describe('what never ends is refused', () => {
  const PIECE = Buffer.alloc(1024 * 1024, 'x');
  const pieces = (first: Buffer): readonly Buffer[] => [first, ...Array<Buffer>(10).fill(PIECE)];

  it('a line', () => {
    expect(outcome(planOf('', [TEXT]), pieces(Buffer.from('good\n')))).toMatchObject({
      code: '54000',
      message: `a line of COPY may have ${LINE_BYTES_MAX} bytes at most`,
      where: 'COPY t, line 2',
    });
  });

  it('a quoted field', () => {
    const start = Buffer.from('"good"\n"bad\n\n');
    expect(outcome(planOf('(format csv)', [TEXT]), pieces(start))).toMatchObject({ code: '54000' });
  });

  it('a binary field', () => {
    const plan = planOf('(format binary)', [TEXT]);
    const header = encode(plan, []).subarray(0, 19);
    const field = Buffer.from('00017fffffff', 'hex');
    expect(outcome(plan, pieces(Buffer.concat([header, field])))).toMatchObject({
      code: '54000',
      where: 'COPY t, line 1, column a',
    });
  });

  it('but a long line in small pieces is taken, each byte looked at once', () => {
    const line = Buffer.alloc(1_000_000, 'ab');
    const single = cutAt(
      line,
      Array.from({ length: line.length - 1 }, (_none, at) => at + 1),
    );
    expect(decode(planOf('', [TEXT]), single).rows).toEqual([[line.toString()]]);
  });
});
