// The direction of imports is the architecture (docs/architecture.md): this test keeps it true.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../../src');

/** What a folder of src/ may import of the others, beside itself. */
const ALLOWED: Record<string, readonly string[]> = {
  util: [],
  errors: ['util'],
  types: ['util', 'errors'],
  catalog: ['util', 'errors', 'types'],
  sql: ['util', 'errors', 'types', 'catalog'],
  raft: ['util'],
  storage: ['util', 'raft'],
  transport: ['util', 'raft'],
  machine: ['util', 'errors', 'types', 'catalog', 'raft', 'sql/functions'],
  gateway: [
    'util',
    'errors',
    'raft',
    'machine/command',
    'machine/command-codec',
    'machine/outcome-codec',
    'machine/request-codec',
  ],
  protocol: ['util', 'errors', 'types'],
  session: ['util', 'errors', 'types', 'catalog', 'sql', 'gateway', 'protocol'],
  server: [
    'util',
    'errors',
    'types',
    'catalog',
    'sql',
    'raft',
    'storage',
    'transport',
    'machine',
    'gateway',
    'protocol',
    'session',
  ],
  cli: ['util', 'errors', 'server'],
};

/** Packages and built-in modules, with the only places that may import them. */
const OUTSIDE: Record<string, readonly string[]> = {
  'better-sqlite3': ['machine/database.ts'],
  'libpg-query': ['sql/parse/'],
  'net-ipc': ['transport/'],
  'pg-protocol': ['protocol/', 'cli/'],
  pino: ['server/'],
  commander: ['cli/'],
  'node:net': ['transport/', 'server/', 'cli/'],
  'node:tls': ['transport/', 'server/'],
  'node:fs': ['storage/', 'machine/', 'server/', 'cli/', 'catalog/system-views.ts'],
  'node:worker_threads': ['server/'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function imports(): Import[] {
  const found: Import[] = [];
  for (const entry of readdirSync(SOURCE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const specifier = match[1] as string;
      const target = specifier.startsWith('.')
        ? relative(SOURCE, resolve(dirname(path), specifier))
        : specifier;
      found.push({ file: relative(SOURCE, path), target });
    }
  }
  return found;
}

function isOurs(target: string): boolean {
  return (target.split('/')[0] as string) in ALLOWED;
}

function mayImport(file: string, target: string): boolean {
  const folder = file.split('/')[0] as string;
  if (!file.includes('/')) return true;
  if (target.startsWith(`${folder}/`)) return true;
  return (ALLOWED[folder] ?? []).some(
    (allowed) => target.startsWith(`${allowed}/`) || target === `${allowed}.ts`,
  );
}

describe('imports', () => {
  const all = imports();

  it('point one way', () => {
    const wrong = all.filter(({ file, target }) => isOurs(target) && !mayImport(file, target));
    expect(wrong).toEqual([]);
  });

  it('reach the outside world only where the table says so', () => {
    const wrong = all.filter(({ file, target }) => {
      const places = Object.entries(OUTSIDE).find(
        ([name]) => target === name || target.startsWith(`${name}/`),
      )?.[1];
      return places !== undefined && !places.some((place) => file.startsWith(place));
    });
    expect(wrong).toEqual([]);
  });

  it('leave no barrels', () => {
    expect(all.filter(({ file }) => file.endsWith('index.ts'))).toEqual([]);
  });
});
