// Types that the catalog tables use: references by oid, vectors, and a few opaque ones.
import { PgError } from '../errors/pg-error.ts';
import { asText, decodeUtf8, defineType, exactly, invalidInput } from './define.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';

/**
 * A reference to an object by oid, shown by name. Names need the schema, which types do not know:
 * the compiler converts from and to text with functions of the catalog, so a name arrives here as
 * text already.
 */
function defineReference(oid: number, name: string, arrayOid: number): PgType {
  return defineType({
    oid,
    name,
    stableText: 'both',
    category: 'N',
    length: 4,
    arrayOid,
    storage: 'INTEGER',
    parse(text) {
      const trimmed = text.trim();
      if (trimmed === '-') return 0n;
      if (!/^\d+$/.test(trimmed)) {
        throw new PgError(
          '0A000',
          `a name as a value of type ${name} from outside the statement is not supported`,
          {
            hint: `Pass text, and write $1::text::${name}.`,
          },
        );
      }
      return BigInt(trimmed);
    },
    format: asText,
    decode: (bytes) => BigInt(exactly(bytes, 4).readUInt32BE()),
    encode(value) {
      const buffer = Buffer.alloc(4);
      buffer.writeUInt32BE(Number(value));
      return buffer;
    },
  });
}

/** Of a vector as stored. */
export function vectorItems(vector: SqliteValue): readonly string[] {
  return String(vector ?? '')
    .split(' ')
    .filter((item) => item !== '');
}

/** `1 2 3`. */
function defineVector(oid: number, name: string, elementOid: number): PgType {
  return defineType({
    oid,
    name,
    category: 'A',
    elementOid,
    storage: 'TEXT',
    parse(text) {
      if (!/^\s*(-?\d+(\s+-?\d+)*)?\s*$/.test(text)) throw invalidInput(name, text);
      return text.trim().replace(/\s+/g, ' ');
    },
    format: asText,
    decode: decodeUtf8,
    encode: (value) => Buffer.from(asText(value)),
  });
}

const CATEGORIES: Readonly<Record<string, PgType['category']>> = {
  pg_node_tree: 'Z',
  anyarray: 'P',
};

function defineOpaque(oid: number, name: string, length: number, arrayOid = 0): PgType {
  return defineType({
    oid,
    name,
    category: CATEGORIES[name] ?? 'U',
    length,
    arrayOid,
    storage: 'TEXT',
    parse: (text) => text,
    format: asText,
    decode: decodeUtf8,
    encode: (value) => Buffer.from(asText(value)),
  });
}

export const REFERENCE_TYPES: readonly PgType[] = [
  defineReference(24, 'regproc', 1008),
  defineReference(2202, 'regprocedure', 2207),
  defineReference(2203, 'regoper', 2208),
  defineReference(2204, 'regoperator', 2209),
  defineReference(2205, 'regclass', 2210),
  defineReference(2206, 'regtype', 2211),
  defineReference(4089, 'regnamespace', 4090),
  defineReference(4096, 'regrole', 4097),
  defineReference(4191, 'regcollation', 4192),
];

export const CATALOG_TYPES: readonly PgType[] = [
  ...REFERENCE_TYPES,
  defineVector(22, 'int2vector', 21),
  defineVector(30, 'oidvector', 26),
  defineOpaque(194, 'pg_node_tree', -1),
  defineOpaque(28, 'xid', 4, 1011),
  defineOpaque(27, 'tid', 6, 1010),
  defineOpaque(3220, 'pg_lsn', 8, 3221),
  defineOpaque(1033, 'aclitem', 12, 1034),
  // Of columns of the catalog that are always NULL.
  defineOpaque(2277, 'anyarray', -1),
  defineOpaque(869, 'inet', -1, 1041),
];
