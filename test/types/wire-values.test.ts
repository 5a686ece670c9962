// Values as PostgreSQL sends them, in text and in binary (recorded by test/sql/record.ts): each
// form read, and written again in both.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FormatSettings } from '../../src/types/pg-type.ts';
import { typeByOid } from '../../src/types/registry.ts';
import { must } from '../../src/util/assert.ts';

const FILE = resolve(import.meta.dirname, 'wire-values.tsv');
const SETTINGS: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
};

interface Recorded {
  readonly oid: number;
  readonly binary: string;
  readonly text: string;
}

const values = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Recorded => {
    const [oid = '', binary = '', text = ''] = line.split('\t');
    return { oid: Number(oid), binary, text: JSON.parse(text) as string };
  });
const oids = [...new Set(values.map(({ oid }) => oid))];

describe.each(oids)('type %i', (oid) => {
  const type = must(typeByOid(oid), `type ${oid}`);
  const ofType = values.filter((value) => value.oid === oid);

  it('has a binary form for each text', () => {
    const actual = ofType.map(({ text }) => {
      const value = must(type.parse(text, -1, SETTINGS), 'a value');
      return [text, type.format(value, SETTINGS), Buffer.from(type.encode(value)).toString('hex')];
    });
    expect(actual).toEqual(ofType.map(({ text, binary }) => [text, text, binary]));
  });

  it('has a text for each binary form', () => {
    const actual = ofType.map(({ binary }) => {
      const value = must(type.decode(Buffer.from(binary, 'hex'), -1), 'a value');
      return [binary, type.format(value, SETTINGS)];
    });
    expect(actual).toEqual(ofType.map(({ text, binary }) => [binary, text]));
  });
});
