// Installs the packages when they are missing or older than the lock file. Plain JavaScript that
// any Node can run: it is what puts the pinned Node in place.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';

const LOCK = 'package-lock.json';
const INSTALLED = 'node_modules/.installed-lock.json';

const isCurrent = existsSync(INSTALLED) && readFileSync(INSTALLED).equals(readFileSync(LOCK));

if (!isCurrent) {
  console.error('Installing packages (first run, or the lock file has changed) ...');
  // Not "npm ci": it empties node_modules first, which may be a link to that of another checkout.
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', options, {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm install failed; see its output above.');
    process.exit(status ?? 1);
  }
  copyFileSync(LOCK, INSTALLED);
}
