// Writes docs/functions.md anew.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { functionList } from './docs/function-list.ts';

writeFileSync(resolve(import.meta.dirname, '../docs/functions.md'), functionList());
