// COPY with node-postgres, by its messages.
import type pg from 'pg';

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  query(text: string): void;
}

interface CopyDataMessage {
  readonly chunk: Buffer;
}

/** What a client asks of the query that it runs. */
class CopyQuery {
  readonly done: Promise<string>;
  readonly #text: string;
  #resolve: (tag: string) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #tag = '';
  onReady: (connection: CopyConnection) => void = () => undefined;
  onData: (row: Buffer) => void = () => undefined;

  constructor(text: string) {
    this.#text = text;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.onReady(connection);
  }

  handleCopyData({ chunk }: CopyDataMessage): void {
    this.onData(Buffer.from(chunk));
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tag = text;
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#tag);
  }
}

/** Sends the pieces; `instead`: what is done where the end of the data would be sent. */
export function copyIn(
  client: pg.Client,
  text: string,
  pieces: readonly (string | Buffer)[],
  instead?: () => void,
): Promise<string> {
  const query = new CopyQuery(text);
  query.onReady = (connection) => {
    for (const piece of pieces) connection.sendCopyFromChunk(Buffer.from(piece));
    if (instead === undefined) connection.endCopyFrom();
    else instead();
  };
  client.query(query as never);
  return query.done;
}

/** The messages with the rows, as they come also in `rows`. */
export async function copyOut(
  client: pg.Client,
  text: string,
  rows: Buffer[] = [],
  onRow: () => void = () => undefined,
): Promise<readonly Buffer[]> {
  const query = new CopyQuery(text);
  query.onData = (row) => {
    rows.push(row);
    onRow();
  };
  client.query(query as never);
  await query.done;
  return rows;
}
