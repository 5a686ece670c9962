// The log is the lease: it runs from when the newest committed entry was made (R69), and an
// end-lease voids all before it for ever, committed or not (R98).
import { expect, it } from 'vitest';
import { Lease } from '../../src/raft/lease.ts';

it('runs from when the newest committed entry was made', () => {
  const lease = new Lease();
  lease.appended(5, 100);
  lease.appended(7, 200);
  expect(lease.startedAt).toBe(-Infinity);
  lease.committed(6);
  expect(lease.startedAt).toBe(100);
  lease.committed(7);
  expect(lease.startedAt).toBe(200);
});

it('is over with an end-lease, also for what is committed only behind it', () => {
  const lease = new Lease();
  lease.appended(5, 100);
  lease.committed(5);
  lease.appended(6, 150);
  lease.appended(7, 160);
  lease.end(7);
  expect(lease.startedAt).toBe(-Infinity);
  lease.committed(6);
  expect(lease.startedAt).toBe(-Infinity);
  lease.committed(7);
  expect(lease.startedAt).toBe(-Infinity);
  // The transfer was given up.
  lease.appended(8, 300);
  lease.committed(8);
  expect(lease.startedAt).toBe(300);
});
