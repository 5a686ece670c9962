// Messages and entries as golden scripts show them: `n1 -> n2 Name field=value`.
import type { Entry, Index, NodeId, Term } from '../../src/raft/entry.ts';
import type { Message, ReadId } from '../../src/raft/message.ts';
import { unreachable } from '../../src/util/assert.ts';

export function formatNode(id: NodeId): string {
  return id === 0 ? 'none' : `n${id}`;
}

export function formatPosition(index: Index, term: Term): string {
  return `${index}@${term}`;
}

/** `3@2`, and of what is not a command also the kind. */
export function formatEntry({ index, term, kind, data }: Entry): string {
  const shown = kind === 'command' ? Buffer.from(data).toString() : kind;
  return `${formatPosition(index, term)}(${shown})`;
}

export function formatEntries(entries: readonly Entry[]): string {
  return entries.length === 0 ? 'none' : entries.map(formatEntry).join(' ');
}

export function formatReads(ids: readonly ReadId[]): string {
  return ids.map(({ node, counter }) => `n${node}/${counter}`).join(',');
}

export function formatMessage(message: Message): string {
  const { from, to, term } = message;
  const [name, ...fields] = describe(message);
  return [`n${from} -> n${to} ${name ?? ''}`, `term=${term}`, ...fields].join(' ');
}

/** Name and fields. */
function describe(message: Message): readonly string[] {
  switch (message.kind) {
    case 'pre-vote':
      return ['PreVote', `for=${message.nextTerm}`, lastOf(message)];
    case 'pre-vote-reply':
      return ['PreVoteReply', `granted=${message.voteGranted}`];
    case 'request-vote':
      return ['RequestVote', lastOf(message), ...(message.isTransfer ? ['transfer'] : [])];
    case 'request-vote-reply':
      return ['RequestVoteReply', `granted=${message.voteGranted}`];
    case 'append-entries': {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit } = message;
      const prev = `prev=${formatPosition(prevLogIndex, prevLogTerm)}`;
      return ['AppendEntries', prev, `entries=${formatEntries(entries)}`, `commit=${leaderCommit}`];
    }
    case 'append-entries-reply': {
      const { success, matchIndex, rejectedIndex, hintIndex, hintTerm } = message;
      if (success) return ['AppendEntriesReply', `match=${matchIndex}`];
      if (message.isOutOfSpace) return ['AppendEntriesReply', `no-space-after=${rejectedIndex}`];
      const hint = `hint=${formatPosition(hintIndex, hintTerm)}`;
      return ['AppendEntriesReply', `rejected=${rejectedIndex}`, hint];
    }
    case 'heartbeat':
      return ['Heartbeat', `round=${message.round}`, `commit=${message.leaderCommit}`];
    case 'heartbeat-reply':
      return [
        'HeartbeatReply',
        `round=${message.round}`,
        ...(message.isDiskLow ? ['disk-low'] : []),
      ];
    case 'read-index':
      return ['ReadIndex', `reads=${formatReads(message.ids)}`];
    case 'read-index-reply':
      return [
        'ReadIndexReply',
        `reads=${formatReads(message.ids)}`,
        `index=${message.index ?? 'ask-again'}`,
      ];
    case 'timeout-now':
      return ['TimeoutNow', lastOf(message)];
    case 'timeout-now-refusal':
      return ['TimeoutNowRefusal', `reason="${message.reason}"`];
    case 'propose':
      return ['Propose', `commands=${message.commands.length}`];
    case 'propose-reply':
      return ['ProposeReply', `refusal=${message.refusal ?? 'none'}`];
    default:
      return unreachable(message);
  }
}

function lastOf(message: { readonly lastLogIndex: Index; readonly lastLogTerm: Term }): string {
  return `last=${formatPosition(message.lastLogIndex, message.lastLogTerm)}`;
}
