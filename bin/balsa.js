#!/usr/bin/env node
// Entry of the command. Plain JavaScript that old versions of Node can read, to tell them so.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  console.error(
    `balsa needs Node 22.12 or newer, this is ${process.versions.node}; in a checkout, "npm run balsa -- ..." uses the right one`,
  );
  process.exit(2);
}

// The log's writes and fsyncs run on this pool and must not queue behind other work. It is read
// once, when the pool starts.
process.env.UV_THREADPOOL_SIZE ??= '16';

const source = new URL('../src/main.ts', import.meta.url);
const isCheckout = existsSync(source);
if (isCheckout) {
  // Stripping the types of each file takes more than half of a start; the threads of the node find the
  // directory in the environment.
  const cache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
  process.env.NODE_COMPILE_CACHE ??= cache;
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}
const { main } = await import(isCheckout ? source.href : '../dist/main.js');
await main(process.argv);
