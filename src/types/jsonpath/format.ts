// jsonpath -> text, as Postgres writes it (PG: printJsonPathItem() in jsonpath.c).
import { LAST } from './tree.ts';
import type { JsonPath, PathNode, PathStart, PathStep } from './tree.ts';

export function formatJsonPath({ isStrict, root }: JsonPath): string {
  return `${isStrict ? 'strict ' : ''}${formatNode(root, true)}`;
}

function priorityOf(start: PathStart): number {
  switch (start.kind) {
    case 'or':
      return 0;
    case 'and':
      return 1;
    case 'comparison':
    case 'starts-with':
      return 2;
    case 'arithmetic':
      return start.operator === '+' || start.operator === '-' ? 3 : 4;
    case 'sign':
      return 5;
    default:
      return 6;
  }
}

function formatNode({ start, steps }: PathNode, isBracketed: boolean): string {
  const first = formatStart(start, isBracketed);
  const shown = start.kind === 'number' && steps.length > 0 ? `(${first})` : first;
  return shown + steps.map(formatStep).join('');
}

function formatStart(start: PathStart, isBracketed: boolean): string {
  const inside = (node: PathNode): string =>
    formatNode(node, priorityOf(node.start) <= priorityOf(start));
  const bracketed = (text: string): string => (isBracketed ? `(${text})` : text);
  switch (start.kind) {
    case 'null':
    case 'last':
      return start.kind;
    case 'root':
      return '$';
    case 'current':
      return '@';
    case 'boolean':
      return String(start.value);
    case 'number':
      return start.text;
    case 'string':
      return JSON.stringify(start.value);
    case 'variable':
      return `$${JSON.stringify(start.name)}`;
    case 'arithmetic':
    case 'comparison':
      return bracketed(`${inside(start.left)} ${start.operator} ${inside(start.right)}`);
    case 'and':
      return bracketed(`${inside(start.left)} && ${inside(start.right)}`);
    case 'or':
      return bracketed(`${inside(start.left)} || ${inside(start.right)}`);
    case 'starts-with':
      return bracketed(`${inside(start.left)} starts with ${inside(start.right)}`);
    case 'sign':
      return bracketed(`${start.operator}${inside(start.argument)}`);
    case 'not':
      return `!(${formatNode(start.argument, false)})`;
    case 'is-unknown':
      return `(${formatNode(start.argument, false)}) is unknown`;
    case 'exists':
      return `exists (${formatNode(start.argument, false)})`;
    default: {
      const flags = start.flags === '' ? '' : ` flag "${start.flags}"`;
      const pattern = JSON.stringify(start.pattern);
      return bracketed(`${inside(start.argument)} like_regex ${pattern}${flags}`);
    }
  }
}

function formatStep(step: PathStep): string {
  switch (step.kind) {
    case 'key':
      return `.${JSON.stringify(step.name)}`;
    case 'any-key':
      return '.*';
    case 'any-element':
      return '[*]';
    case 'elements': {
      const ranges = step.ranges.map(({ from, to }) =>
        to === null
          ? formatNode(from, false)
          : `${formatNode(from, false)} to ${formatNode(to, false)}`,
      );
      return `[${ranges.join(',')}]`;
    }
    case 'levels':
      return `.${formatLevels(step.first, step.last)}`;
    case 'method':
      return `.${step.name}()`;
    default:
      return `?(${formatNode(step.condition, false)})`;
  }
}

function formatLevels(first: number, last: number): string {
  if (first === 0 && last === LAST) return '**';
  const shown = (level: number): string => (level === LAST ? 'last' : String(level));
  return first === last ? `**{${shown(first)}}` : `**{${shown(first)} to ${shown(last)}}`;
}
