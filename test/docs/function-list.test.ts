// docs/functions.md says what the compiler knows: `node scripts/list-functions.ts` writes it anew.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { functionList } from '../../scripts/docs/function-list.ts';

it('the page of functions is up to date', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/functions.md'), 'utf8');
  expect(page).toBe(functionList());
});
