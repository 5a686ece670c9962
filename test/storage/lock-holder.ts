// A process of its own that takes the lock of a directory: says how that went, and holds it until
// its standard input ends. Started by directory-lock.test.ts.
import { lockDirectory } from '../../src/storage/directory-lock.ts';

const [, , directory = ''] = process.argv;
try {
  const release = lockDirectory(directory);
  process.stdout.write('locked\n');
  process.stdin.on('end', release).resume();
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
