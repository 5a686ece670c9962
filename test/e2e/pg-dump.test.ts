// pg_dump of a cluster: what it writes can be restored, here and on PostgreSQL, and is the same when it
// is dumped again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import { startPostgres } from '../support/postgres.ts';
import { postgresBinaries } from '../support/postgres-installation.ts';
import { Cluster } from './support/cluster.ts';
import { comparable, PG_DUMP_VERSION, pgDump } from './support/pg-dump.ts';
import { psql, PSQL_VERSION } from './support/psql.ts';

const SCHEMA = `
  CREATE SCHEMA shop;
  CREATE TABLE customer (
    id serial PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name varchar(40) DEFAULT 'nobody' CHECK (name <> ''),
    balance numeric(12, 2) NOT NULL DEFAULT 0,
    tags text[] DEFAULT '{}',
    data jsonb,
    photo bytea,
    since timestamptz NOT NULL DEFAULT '2024-01-02 03:04:05+00'
  );
  CREATE TABLE shop.purchase (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer int NOT NULL REFERENCES customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    number bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10),
    "Odd Name" date,
    UNIQUE (customer, number)
  );
  CREATE SEQUENCE shop.ticket INCREMENT 5 MAXVALUE 1000 CYCLE;
  CREATE TABLE shop.visit (n int DEFAULT nextval('shop.ticket'), at time, took interval);
  CREATE INDEX ON customer (lower(name) DESC NULLS LAST) WHERE balance > 10;
  CREATE VIEW rich AS SELECT id, email FROM customer WHERE balance > 100;
  COMMENT ON TABLE customer IS 'who buys';
  COMMENT ON COLUMN customer.email IS 'where to write to';
  INSERT INTO customer (email, name, balance, tags, data, photo)
    VALUES ('a@x', E'tab\\there', 12.5, '{a,"b c",NULL}', '{"k": [1, null]}', '\\x00ff'), ('b@x', NULL, 0, NULL, NULL, NULL);
  INSERT INTO shop.purchase (id, customer, "Odd Name")
    VALUES ('7c9e6679-7425-40de-944b-e07fc1f90ae7', 1, '2024-02-29'), ('7c9e6679-7425-40de-944b-e07fc1f90ae8', 2, NULL);
  INSERT INTO shop.visit (at, took) VALUES ('12:34:56.789', '1 mon 2 days'), (NULL, NULL);
`;

let source: Cluster;
let followerPort: number;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'balsa-dump-'));
  source = await Cluster.start();
  const leader = await source.waitForLeader();
  followerPort = must(
    source.nodes.find(({ id }) => id !== leader),
    'a follower',
  ).port;
  const client = new pg.Client({ host: '127.0.0.1', port: followerPort, user: 'postgres' });
  await client.connect();
  await client.query(SCHEMA);
  await client.end();
});
afterAll(async () => {
  await source.stop();
  rmSync(directory, { recursive: true });
});

async function restore(port: number, dump: string): Promise<void> {
  const file = join(directory, 'dump.sql');
  writeFileSync(file, dump);
  const connection = `host=127.0.0.1 port=${port} user=postgres dbname=postgres`;
  const { status, stderr } = await psql(connection, '-q', '-v', 'ON_ERROR_STOP=1', '-f', file);
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

describe.skipIf(PG_DUMP_VERSION !== 15 || PSQL_VERSION !== 15)('pg_dump of a follower', () => {
  it('is restored here, and dumped again the same', async () => {
    const dump = await pgDump(followerPort);
    const target = await Cluster.start({ nodes: 1 });
    try {
      const port = must(target.nodes[0], 'a node').port;
      await restore(port, dump);
      expect(comparable(await pgDump(port))).toBe(comparable(dump));
    } finally {
      await target.stop();
    }
  });

  it('is restored on PostgreSQL, which dumps the same', async ({ skip }) => {
    skip(postgresBinaries() === null, 'PostgreSQL is not installed');
    const postgres = must(await startPostgres(), 'PostgreSQL starts');
    try {
      await restore(postgres.port, await pgDump(followerPort));
      // The text of a view is each server's own.
      const [ours, theirs] = await Promise.all([
        pgDump(followerPort, '--exclude-table=rich'),
        pgDump(postgres.port, '--exclude-table=rich'),
      ]);
      expect(comparable(ours)).toBe(comparable(theirs));
    } finally {
      postgres.stop();
    }
  });

  it('has the parts that are asked for', async () => {
    expect(await pgDump(followerPort, '--schema-only')).not.toContain('COPY');
    const rows = await pgDump(followerPort, '--data-only', '--inserts', '-t', 'shop.visit');
    expect(rows).toContain("INSERT INTO shop.visit VALUES (1, '12:34:56.789', '1 mon 2 days');");
  });
});
