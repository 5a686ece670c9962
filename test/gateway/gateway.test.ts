// The gateway step by step: what it proposes when, and what it answers.
import { beforeEach, describe, expect, it } from 'vitest';
import { Gateway } from '../../src/gateway/gateway.ts';
import type { GatewayLimits, SeenEntry } from '../../src/gateway/gateway.ts';
import { decodeCommand } from '../../src/machine/command-codec.ts';
import { encodeOutcome } from '../../src/machine/outcome-codec.ts';
import { encodeRequest } from '../../src/machine/request-codec.ts';
import type { Command, Outcome } from '../../src/machine/command.ts';
import { Prng } from '../../src/util/prng.ts';
import { request, step } from '../machine/support/entries.ts';

const SESSION = 7;
const ONE = encodeRequest(request([step('SELECT 1')]));
const DONE: Outcome = { kind: 'done', results: [] };

function createGateway(limits: Partial<GatewayLimits> = {}): Gateway {
  return new Gateway({ nodeId: 1, incarnation: 4, prng: new Prng(1), limits });
}

function proposals(gateway: Gateway, now: number): readonly Command[] {
  return gateway.takeProposals(now).map(decodeCommand);
}

function registered(incarnation = 4): SeenEntry {
  const whose = { nodeId: 1, incarnation };
  return {
    kind: 'registered',
    index: SESSION,
    sessionId: SESSION,
    firstSequence: 0,
    outcomes: [],
    registered: whose,
  };
}

function seen(
  kind: 'executed' | 'fenced',
  firstSequence: number,
  outcomes: readonly Outcome[],
): SeenEntry {
  const encoded = outcomes.map(encodeOutcome);
  const place = { index: 20, sessionId: SESSION, firstSequence };
  return { kind, ...place, outcomes: encoded, registered: null };
}

let gateway: Gateway;

beforeEach(() => {
  gateway = createGateway();
  gateway.takeProposals(0);
  gateway.applied([registered()], SESSION);
});

describe('registration', () => {
  it('comes first, and again until it comes by', () => {
    const fresh = createGateway();
    fresh.submit(ONE);
    expect(proposals(fresh, 0)).toEqual([{ kind: 'register', nodeId: 1, incarnation: 4 }]);
    expect(proposals(fresh, 10)).toEqual([]);
    expect(proposals(fresh, 2000)).toHaveLength(1);
    fresh.applied([registered(3)], 5);
    expect(proposals(fresh, 4000)).toMatchObject([{ kind: 'register' }]);
    fresh.applied([registered()], SESSION);
    expect(proposals(fresh, 4000)).toMatchObject([{ kind: 'execute', sessionId: SESSION }]);
  });
});

describe('requests', () => {
  it('of one turn travel together, and are answered each', () => {
    const tickets = [gateway.submit(ONE), gateway.submit(ONE)];
    expect(proposals(gateway, 1)).toMatchObject([
      { kind: 'execute', ackLow: 1, firstSequence: 1, requests: [{}, {}] },
    ]);
    gateway.applied([seen('executed', 1, [DONE, DONE])], 20);
    expect(gateway.takeAnswers()).toMatchObject(
      tickets.map((ticket) => ({ kind: 'outcome', ticket, index: 20 })),
    );
    gateway.applied([seen('executed', 1, [DONE, DONE])], 21);
    expect(gateway.takeAnswers()).toEqual([]);
    expect(gateway.openCount).toBe(0);
  });

  it('are acknowledged as far as all outcomes are known', () => {
    for (const turn of [1, 2, 3]) {
      gateway.submit(ONE);
      gateway.takeProposals(turn);
    }
    gateway.applied([seen('executed', 1, [DONE]), seen('executed', 3, [DONE])], 20);
    gateway.submit(ONE);
    expect(proposals(gateway, 4)).toMatchObject([{ ackLow: 2, firstSequence: 4 }]);
  });

  it('are sent again with the same bytes: late, after a refusal, and to another leader', () => {
    gateway.submit(ONE);
    const [bytes] = gateway.takeProposals(0);
    expect(gateway.takeProposals(900)).toEqual([]);
    expect(gateway.takeProposals(1200)).toEqual([bytes]);
    gateway.refused(1300);
    expect(gateway.takeProposals(1305)).toEqual([]);
    expect(gateway.takeProposals(1401)).toEqual([bytes]);
    gateway.leaderChanged(1500);
    expect(gateway.takeProposals(1500)).toEqual([bytes]);
  });

  it('are refused beyond the limits', () => {
    const few = createGateway({ requestsMax: 2 });
    expect([few.submit(ONE), few.submit(ONE), few.submit(ONE)]).toEqual([1, 2, null]);
    const small = createGateway({ bytesMax: ONE.length * 2 });
    expect([small.submit(ONE), small.submit(ONE), small.submit(ONE)]).toEqual([1, 2, null]);
    const tiny = createGateway({ bytesMax: 1 });
    expect([tiny.submit(ONE), tiny.submit(ONE)]).toEqual([1, null]);
  });

  it('wait while too many batches are out, and then travel together', () => {
    const narrow = createGateway({ batchesMax: 1 });
    narrow.takeProposals(0);
    narrow.applied([registered()], SESSION);
    narrow.submit(ONE);
    narrow.takeProposals(1);
    narrow.submit(ONE);
    narrow.submit(ONE);
    expect(narrow.takeProposals(2)).toEqual([]);
    narrow.applied([seen('executed', 1, [DONE])], 20);
    expect(proposals(narrow, 3)).toMatchObject([{ firstSequence: 2, requests: [{}, {}] }]);
  });

  it('are not sent again while their outcome may be among what is still to be applied', () => {
    gateway.submit(ONE);
    const [bytes] = gateway.takeProposals(0);
    gateway.applied([], 10);
    expect(gateway.takeProposals(1200, 15)).toEqual([]);
    gateway.applied([], 14);
    // What was committed since is another matter: it may be more and more.
    expect(gateway.takeProposals(5000, 90)).toEqual([]);
    gateway.applied([], 15);
    expect(gateway.takeProposals(5050, 95)).toEqual([bytes]);
    expect(gateway.takeProposals(5100, 95)).toEqual([]);
  });

  it('that are many are sent again in portions', () => {
    const slow = createGateway({ batchRequestsMax: 1, proposalBytesMax: 1 });
    slow.takeProposals(0);
    slow.applied([registered()], SESSION);
    for (let count = 0; count < 3; count++) slow.submit(ONE);
    expect([1, 2, 3, 4].map((now) => slow.takeProposals(now).length)).toEqual([1, 1, 1, 0]);
  });
});

describe('a client that waits no more', () => {
  it('before the proposal: it is not executed', () => {
    const fresh = createGateway();
    const ticket = fresh.submit(ONE) as number;
    fresh.expire(ticket, 1);
    expect(fresh.takeAnswers()).toEqual([{ kind: 'not-executed', ticket }]);
  });

  it('after it: a fence decides', () => {
    const [first, second] = [gateway.submit(ONE) as number, gateway.submit(ONE) as number];
    gateway.takeProposals(1);
    gateway.expire(first, 2);
    gateway.expire(first, 2);
    gateway.expire(second, 2);
    expect(proposals(gateway, 2)).toEqual([
      { kind: 'fence', sessionId: SESSION, sequence: 1 },
      { kind: 'fence', sessionId: SESSION, sequence: 2 },
    ]);
    gateway.applied([seen('fenced', 1, [{ kind: 'fenced' }])], 20);
    gateway.applied([seen('executed', 1, [{ kind: 'fenced' }, DONE])], 21);
    expect(gateway.takeAnswers()).toMatchObject([
      { kind: 'not-executed', ticket: first },
      { kind: 'outcome', ticket: second },
    ]);
    expect(proposals(gateway, 9000)).toEqual([]);
  });

  it('not even for that: it is not known, and the request goes on', () => {
    const ticket = gateway.submit(ONE) as number;
    const [bytes] = gateway.takeProposals(1);
    gateway.abandon(ticket);
    gateway.abandon(ticket);
    expect(gateway.takeAnswers()).toEqual([{ kind: 'unknown', ticket }]);
    expect(gateway.takeProposals(9000)).toEqual([bytes]);
    gateway.applied([seen('executed', 1, [DONE])], 20);
    expect(gateway.takeAnswers()).toEqual([]);
    expect(gateway.takeProposals(20_000)).toEqual([]);
  });
});

describe('a closed session', () => {
  const EXPIRED: Outcome = { kind: 'session-expired' };

  it('is opened again, and what was certainly not executed is submitted again', () => {
    gateway.submit(ONE);
    const [fenced] = [gateway.submit(ONE) as number];
    gateway.takeProposals(1);
    gateway.expire(fenced, 2);
    gateway.submit(ONE);
    gateway.applied([seen('executed', 1, [EXPIRED, EXPIRED])], 20);
    expect(gateway.takeAnswers()).toEqual([{ kind: 'not-executed', ticket: fenced }]);
    expect(proposals(gateway, 3)).toMatchObject([{ kind: 'register' }]);
    gateway.applied([{ ...registered(), sessionId: 30 }], 30);
    expect(proposals(gateway, 4)).toMatchObject([
      { kind: 'execute', sessionId: 30, requests: [{}, {}] },
    ]);
  });

  it('makes unknown what may have been executed while entries were skipped', () => {
    const before = gateway.submit(ONE) as number;
    gateway.takeProposals(1);
    gateway.skipped(19, 2);
    expect(gateway.takeProposals(2)).toHaveLength(1);
    const after = gateway.submit(ONE) as number;
    gateway.takeProposals(3);
    gateway.applied([seen('executed', 1, [EXPIRED])], 20);
    expect(gateway.takeAnswers()).toEqual([{ kind: 'unknown', ticket: before }]);
    expect(gateway.isOpen(after)).toBe(true);
  });
});

describe('a gateway that keeps something from others', () => {
  const NOTHING = { kind: 'execute', sessionId: SESSION, requests: [{}] };

  it('shows itself every four seconds, if nothing else does', () => {
    expect(proposals(gateway, 100_000)).toEqual([]);
    gateway.setHolding(true);
    expect(proposals(gateway, 100_000)).toMatchObject([{ ...NOTHING, firstSequence: 1 }]);
    // On its way.
    expect(proposals(gateway, 100_500)).toEqual([]);
    gateway.applied([seen('executed', 1, [DONE])], 20);
    expect(gateway.takeAnswers()).toEqual([]);
    expect(proposals(gateway, 103_999)).toEqual([]);
    expect(proposals(gateway, 104_000)).toMatchObject([{ ...NOTHING, firstSequence: 2 }]);
    gateway.applied([seen('executed', 2, [DONE])], 21);
    gateway.setHolding(false);
    expect(proposals(gateway, 200_000)).toEqual([]);
  });

  it('says nothing more while its requests are executed; when they were proposed counts', () => {
    gateway.setHolding(true);
    gateway.submit(ONE);
    gateway.applied([], 8);
    expect(proposals(gateway, 10)).toMatchObject([{ firstSequence: 1, requests: [{}, {}] }]);
    gateway.applied([seen('executed', 1, [DONE, DONE])], 20);
    expect(gateway.takeAnswers()).toHaveLength(1);
    expect(proposals(gateway, 3000)).toEqual([]);
    gateway.submit(ONE);
    expect(proposals(gateway, 3500)).toHaveLength(1);
    gateway.applied([seen('executed', 3, [DONE])], 21);
    expect(proposals(gateway, 7000)).toEqual([]);
    expect(proposals(gateway, 7500)).toMatchObject([NOTHING]);
  });

  it('says under another session only what is to be said there', () => {
    gateway.setHolding(true);
    gateway.takeProposals(10);
    gateway.applied([{ ...seen('executed', 0, []), kind: 'closed' }], 20);
    expect(gateway.sessionId).toBeNull();
    expect(gateway.openCount).toBe(0);
    expect(proposals(gateway, 11)).toMatchObject([{ kind: 'register' }]);
    gateway.applied([{ ...seen('executed', 0, []), sessionId: 99, kind: 'closed' }], 21);
    gateway.applied([{ ...registered(), sessionId: 30 }], 30);
    gateway.setHolding(false);
    expect(proposals(gateway, 20_000)).toEqual([]);
  });
});

describe('read barriers', () => {
  const id = (counter: number) => ({ node: 1, incarnation: 4, counter });

  it('of one turn share a request, and wait until the index is applied', () => {
    const barriers = [gateway.requestBarrier(), gateway.requestBarrier()];
    expect(gateway.takeReadRequests(0)).toEqual([id(1)]);
    expect(gateway.takeReadRequests(1)).toEqual([]);
    gateway.readAnswered([id(1)], 9, 2);
    expect(gateway.takeBarriers()).toEqual([]);
    gateway.applied([], 9);
    expect(gateway.takeBarriers()).toEqual(barriers);
  });

  it('ask again under a new id: late, after a refusal, and of another leader (R73)', () => {
    gateway.requestBarrier();
    gateway.takeReadRequests(0);
    expect(gateway.takeReadRequests(1000)).toEqual([id(2)]);
    gateway.readAnswered([id(2)], null, 1001);
    expect(gateway.takeReadRequests(1002)).toEqual([]);
    expect(gateway.takeReadRequests(1011)).toEqual([id(3)]);
    gateway.leaderChanged(1012);
    expect(gateway.takeReadRequests(1012)).toEqual([id(4)]);
    gateway.readAnswered([id(1), id(2), id(3)], 1, 1013);
    expect(gateway.takeBarriers()).toEqual([]);
    gateway.readAnswered([id(4)], 1, 1014);
    expect(gateway.takeBarriers()).toEqual([1]);
  });

  it('are not released by an answer to an earlier request', () => {
    gateway.requestBarrier();
    gateway.takeReadRequests(0);
    const later = gateway.requestBarrier();
    gateway.takeReadRequests(1);
    gateway.readAnswered([id(1)], 1, 2);
    expect(gateway.takeBarriers()).toEqual([1]);
    gateway.readAnswered([id(2)], 2, 3);
    expect(gateway.takeBarriers()).toEqual([later]);
  });

  it('are released by an answer to a later request', () => {
    gateway.requestBarrier();
    gateway.takeReadRequests(0);
    gateway.requestBarrier();
    gateway.takeReadRequests(1);
    gateway.readAnswered([id(2)], 1, 2);
    gateway.readAnswered([id(1)], 1, 3);
    expect(gateway.takeBarriers()).toEqual([1, 2]);
    expect(gateway.takeReadRequests(9000)).toEqual([]);
  });

  it('take no answers that are for others', () => {
    gateway.requestBarrier();
    gateway.takeReadRequests(0);
    gateway.readAnswered(
      [
        { ...id(1), incarnation: 3 },
        { ...id(1), node: 2 },
      ],
      1,
      1,
    );
    expect(gateway.takeBarriers()).toEqual([]);
  });
});
