// One query over the client port, for commands that ask a running node.
import { connect } from 'node:net';
import { parse, serialize } from 'pg-protocol';
import type { HostPort } from '../server/config.ts';

export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

interface RowDescription {
  readonly fields: readonly { readonly name: string }[];
}
interface DataRow {
  readonly fields: readonly (string | null)[];
}

/** Rejects with an Error that says what went wrong, in one line. */
export function query(address: HostPort, sql: string, timeoutMs: number): Promise<QueryAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.host);
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    const fail = (message: string): void =>
      finish(() => reject(new Error(`${address.host}:${address.port}: ${message}`)));
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    let columns: readonly string[] = [];
    const rows: (readonly (string | null)[])[] = [];
    let isQuerySent = false;
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the node closed the connection'));
    socket.on('connect', () => {
      socket.write(serialize.startup({ user: 'postgres', database: 'postgres' }));
      void parse(socket, (message) => {
        switch (message.name) {
          case 'error':
            return fail((message as unknown as Error).message);
          case 'rowDescription':
            columns = (message as unknown as RowDescription).fields.map((field) => field.name);
            return;
          case 'dataRow':
            rows.push((message as unknown as DataRow).fields);
            return;
          case 'readyForQuery':
            if (isQuerySent) return finish(() => resolve({ columns, rows }));
            isQuerySent = true;
            socket.write(serialize.query(sql));
            return;
          default:
            return;
        }
      });
    });
  });
}
