// Random INSERT, UPDATE and DELETE statements.
import { chance, pick } from './literals.ts';
import type { QueryMaker } from './queries.ts';
import { listOf, optional, tree } from './tree.ts';
import type { Part, Tree } from './tree.ts';
import type { Column, Table } from './world.ts';

export function change(maker: QueryMaker): Tree {
  const table = maker.table();
  const roll = maker.prng.integer(10);
  if (roll < 4) return insert(maker, table);
  return roll < 8 ? update(maker, table) : remove(maker, table);
}

function someColumns(maker: QueryMaker, table: Table): readonly Column[] {
  const rest = table.columns.slice(1).filter(() => chance(maker.prng, 40));
  return rest.length > 0 ? rest : [pick(maker.prng, table.columns.slice(1))];
}

function atomsOf(table: Table, name: string) {
  return table.columns.map((column) => ({ text: `${name}.${column.name}`, type: column.type }));
}

function returning(maker: QueryMaker, table: Table, name: string): Part {
  const roll = maker.prng.integer(10);
  if (roll < 4) return '';
  if (roll < 6) return optional(' RETURNING *');
  const place = maker.place({ atoms: atomsOf(table, name), keys: [] }, []);
  const items = Array.from({ length: 1 + maker.prng.integer(2) }, () =>
    maker.expressions.expression(maker.expressions.anyType(), place, 2),
  );
  return optional(' RETURNING ', listOf(items));
}

function insert(maker: QueryMaker, table: Table): Tree {
  const { prng } = maker;
  const columns = someColumns(maker, table);
  const names = ['id', ...columns.map(({ name }) => name)].join(', ');
  const place = maker.place({ atoms: [], keys: [] }, []);
  let source: Part;
  if (chance(prng, 55)) {
    const rows = Array.from({ length: 1 + prng.integer(3) }, (_row, at) => {
      const values = columns.map(({ type }) =>
        chance(prng, 8) ? 'DEFAULT' : maker.expressions.argument(type, place, 1),
      );
      const id = chance(prng, 25) ? String(1 + prng.integer(6)) : String(100 + at);
      return tree('', `(${id}, `, listOf(values, ', ', values.length), ')');
    });
    source = tree('', 'VALUES ', listOf(rows));
  } else {
    const from = maker.table();
    const alias = maker.alias();
    const inner = maker.place({ atoms: atomsOf(from, alias), keys: [`${alias}.id`] }, []);
    const values = columns.map(({ type }) => maker.expressions.argument(type, inner, 2));
    const where = optional(' WHERE ', maker.expressions.expression('bool', inner, 1));
    source = tree(
      '',
      `SELECT ${alias}.id${pick(prng, [' + 100', ' + 100', ' + 3'])}, `,
      listOf(values, ', ', values.length),
      ` FROM ${from.name} AS ${alias}`,
      where,
    );
  }
  const conflict = chance(prng, 45) ? onConflict(maker, table) : '';
  return tree(
    '',
    `INSERT INTO ${table.name} AS z (${names}) `,
    source,
    conflict,
    returning(maker, table, 'z'),
  );
}

function onConflict(maker: QueryMaker, table: Table): Part {
  if (chance(maker.prng, 30))
    return optional(` ON CONFLICT ${pick(maker.prng, ['', '(id) '])}DO NOTHING`);
  const atoms = [...atomsOf(table, 'z'), ...atomsOf(table, 'excluded')];
  const place = maker.place({ atoms, keys: [] }, []);
  const sets = assignments(maker, someColumns(maker, table), place);
  const where = chance(maker.prng, 30)
    ? optional(' WHERE ', maker.expressions.expression('bool', place, 1))
    : '';
  return optional(' ON CONFLICT (id) DO UPDATE SET ', sets, where);
}

function assignments(
  maker: QueryMaker,
  columns: readonly Column[],
  place: ReturnType<QueryMaker['place']>,
): Tree {
  return listOf(
    columns.map(({ name, type }) =>
      tree(
        '',
        `${name} = `,
        chance(maker.prng, 5) ? 'DEFAULT' : maker.expressions.argument(type, place, 2),
      ),
    ),
  );
}

function update(maker: QueryMaker, table: Table): Tree {
  const { prng } = maker;
  const own = atomsOf(table, 'z');
  const other = chance(prng, 40) ? maker.table() : null;
  const atoms = [...own, ...(other === null ? [] : atomsOf(other, 'o'))];
  const place = maker.place({ atoms, keys: [] }, []);
  const sets = assignments(maker, someColumns(maker, table), place);
  const condition = maker.expressions.expression('bool', place, 2);
  const where =
    other === null
      ? optional(' WHERE ', condition)
      : tree('', ` FROM ${other.name} AS o WHERE o.id = z.id`, optional(' AND ', condition));
  return tree('', `UPDATE ${table.name} AS z SET `, sets, where, returning(maker, table, 'z'));
}

function remove(maker: QueryMaker, table: Table): Tree {
  const other = chance(maker.prng, 40) ? maker.table() : null;
  const atoms = [...atomsOf(table, 'z'), ...(other === null ? [] : atomsOf(other, 'o'))];
  const place = maker.place({ atoms, keys: [] }, []);
  const condition = maker.expressions.expression('bool', place, 2);
  const using = other === null ? ' WHERE ' : ` USING ${other.name} AS o WHERE o.id = z.id AND `;
  return tree(
    '',
    `DELETE FROM ${table.name} AS z${using}`,
    condition,
    returning(maker, table, 'z'),
  );
}
