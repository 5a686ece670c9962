// WITH (fillfactor = 70, ...): kept and shown, without effect, since SQLite stores in its own way.
import { PgError } from '../../errors/pg-error.ts';
import { asTag, child, integer, text, type Node } from '../parse/node.ts';

function isKnown(name: string): boolean {
  return (
    name === 'fillfactor' ||
    name === 'parallel_workers' ||
    name === 'deduplicate_items' ||
    name === 'fastupdate' ||
    name.startsWith('autovacuum_') ||
    name.startsWith('toast_') ||
    name.startsWith('vacuum_')
  );
}

function valueOf(node: Node | null): string {
  const whole = asTag(node, 'Integer');
  if (whole !== null) return String(integer(whole, 'ival'));
  const float = asTag(node, 'Float');
  if (float !== null) return text(float, 'fval');
  const string = asTag(node, 'String');
  if (string !== null) return text(string, 'sval');
  const names = asTag(node, 'TypeName');
  const last = (names?.['names'] as readonly Node[] | undefined)?.at(-1);
  return last === undefined ? 'true' : text(asTag(last, 'String') ?? {}, 'sval');
}

/** As pg_class.reloptions keeps them: `{fillfactor=70}`; null for none. Throws 22023. */
export function storageOptions(nodes: readonly Node[]): string | null {
  const options = nodes.map((node) => {
    const option = asTag(node, 'DefElem') ?? {};
    const name = text(option, 'defname');
    if (!isKnown(name)) throw new PgError('22023', `unrecognized parameter "${name}"`);
    return `${name}=${valueOf(child(option, 'arg'))}`;
  });
  return options.length === 0 ? null : `{${options.join(',')}}`;
}
