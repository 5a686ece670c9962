// Certificates for tests, made with the openssl command line: one authority, or several, and
// certificates of nodes signed by them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerTls } from '../../../src/transport/tls.ts';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = ['-days', '2'];

/** Its own certificate under its own authority, as a node of the cluster of `name` would have. */
export function createCertificates(name: string): PeerTls {
  const directory = mkdtempSync(join(tmpdir(), 'balsa-tls-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  };
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  try {
    openssl(
      ...['req', '-x509', ...KEY, '-keyout', 'ca.key', '-out', 'ca.pem', ...DAYS],
      ...['-subj', `/CN=${name} authority`],
    );
    openssl('req', ...KEY, '-keyout', 'node.key', '-out', 'node.csr', '-subj', `/CN=${name}`);
    openssl(
      ...['x509', '-req', '-in', 'node.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-CAcreateserial', '-out', 'node.pem', ...DAYS],
    );
    return { cert: read('node.pem'), key: read('node.key'), ca: read('ca.pem') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
