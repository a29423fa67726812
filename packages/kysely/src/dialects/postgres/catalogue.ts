import { type Kysely, sql } from 'kysely';
import type { Catalogue, ColumnInfo, Right, TableInfo, UniqueIndex } from '../../setup/catalogue.js';
import { indexName } from '../../setup/indexes.js';
import { isAboutRow } from './errors.js';

interface Relation {
  readonly oid: string;
  readonly isView: boolean;
  readonly takesRows: boolean;
  readonly takesUpdates: boolean;
  readonly isPlain: boolean;
  readonly isLockable: boolean;
  readonly user: string;
  readonly lacking: string;
}

// Names, types, rights and indexes; a schema; a view; a column that an insert must name.
const SUSPECT = /^(42...|3F000|0A000|55000|23502)$/;

export const postgresCatalogue: Catalogue = {
  async describe(db, table): Promise<TableInfo | undefined> {
    const relation = await find(db, table);
    if (relation === undefined) return undefined;
    return {
      columns: await columnsOf(db, relation.oid),
      uniques: relation.isView ? undefined : await uniquesOf(db, relation.oid),
      isPlain: relation.isPlain,
      isLockable: relation.isLockable,
      isWritable: (mode) => (mode === 'upsert' ? relation.takesRows : relation.takesUpdates),
      lacking: {
        user: relation.user,
        rights: relation.lacking.split(' ').filter((right): right is Right => right !== ''),
      },
    };
  },

  suspicionOf({ code, routine }) {
    if (isAboutRow(code, routine)) return undefined;
    if (code === '25006') return 'readonly';
    if (code === '53100') return 'full';
    if (code === '42501') return 'denied';
    return SUSPECT.test(String(code)) ? 'suspect' : undefined;
  },

  isSameName: (a, b) => a === b,
  /** A schema that the user may not enter is passed over in the search path. */
  async isHidden(db, table) {
    const { rows } = await sql`
      select
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relname = ${table.at(-1)}
        and not has_schema_privilege(n.oid, 'usage')
      limit 1
    `.execute(db);
    return rows.length > 0;
  },
  hidesTables: false,
  decimalType: (scale) => `numeric(${scale + 20}, ${scale})`,
  createUnique: (table, columns) => {
    const name = sql.id(indexName(table, columns, 63));
    const list = sql.join(columns.map((column) => sql.id(column)));
    return sql`create unique index ${name} on ${sql.id(...table)} (${list})`;
  },

  async tablesBeside(db, table) {
    const schema = table.at(-2);
    const scope = schema === undefined ? sql`pg_table_is_visible(c.oid)` : sql`n.nspname = ${schema}`;
    const { rows } = await sql<{ name: string }>`
      select c.relname::text as name
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where ${scope}
        and n.nspname not in ('pg_catalog', 'information_schema')
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
      order by 1
    `.execute(db);
    return rows.map(({ name }) => name);
  },

  async hasIndex(db, table, index) {
    const relation = await find(db, table);
    if (relation === undefined) return false;
    const { rows } = await sql`
      select
      from pg_index i
      join pg_class c on c.oid = i.indexrelid
      where i.indrelid = ${relation.oid}::oid
        and c.relname = ${index}
    `.execute(db);
    return rows.length > 0;
  },

  isDenied: ({ code }) => code === '42501',
};

/** A name without a schema is looked for along the search path. */
async function find(db: Kysely<unknown>, table: readonly string[]): Promise<Relation | undefined> {
  const [name, schema] = [table.at(-1), table.at(-2)];
  const scope = schema === undefined ? sql`pg_table_is_visible(c.oid)` : sql`n.nspname = ${schema}`;
  // A right to one column may be all that is needed.
  const right = (name: string) => sql`
    case
      when has_any_column_privilege(c.oid, ${sql.lit(name)}) and has_schema_privilege(n.oid, 'usage')
      then ''
      else ${sql.lit(`${name} `)}
    end
  `;
  const { rows } = await sql<Relation>`
    select
      c.oid::text as oid,
      c.relkind in ('v', 'm', 'f') as "isView",
      c.relkind in ('r', 'p') or pg_relation_is_updatable(c.oid, true) & 12 = 12 as "takesRows",
      c.relkind in ('r', 'p') or pg_relation_is_updatable(c.oid, true) & 4 = 4 as "takesUpdates",
      c.relkind = 'r'
        and not c.relhassubclass
        and not c.relhasrules
        and not exists (
          select
          from pg_trigger g
          where g.tgrelid = c.oid
            and not g.tgisinternal
        ) as "isPlain",
      c.relkind <> 'v' or pg_relation_is_updatable(c.oid, false) & 4 = 4 as "isLockable",
      current_user::text as user,
      ${right('select')}
        || ${right('insert')}
        || ${right('update')}
        || case when has_table_privilege(c.oid, 'delete') then '' else 'delete' end as lacking
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relname = ${name}
      and ${scope}
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
  `.execute(db);
  return rows[0];
}

async function columnsOf(db: Kysely<unknown>, oid: string): Promise<ColumnInfo[]> {
  const base = sql`b.oid`;
  // A domain has the category of its type.
  const lacking = (right: Right) => sql`
    case
      when has_column_privilege(a.attrelid, a.attnum, ${sql.lit(right)})
      then null
      else ${sql.lit(right)}
    end
  `;
  const { rows } = await sql<ColumnInfo>`
    select
      a.attname::text as name,
      format_type(a.atttypid, a.atttypmod) as type,
      -- Without a modifier, which would be 1 for "bit" and "character".
      format_type(b.oid, -1) as base,
      format_type(b.oid, b.modifier) as rounded,
      t.typcategory = 'N' as "takesSums",
      case b.oid
        when 'numeric'::regtype
        -- A modifier has the digits after the point in its last eleven bits, with a sign.
        then case when b.modifier < 4 then 1000 else (((b.modifier - 4) & 2047) # 1024) - 1024 end
        when 'money'::regtype
        then scale(1::money::numeric)
        else case when t.typcategory = 'N' then 0 else -1 end
      end as "decimals",
      t.typcategory in ('S', 'E') as "isText",
      t.typcategory not in ('U', 'G') or exists (
        select
        from pg_opclass o
        join pg_am m on m.oid = o.opcmethod
        where m.amname = 'btree'
          and o.opcdefault
          and o.opcintype = ${base}
      ) as "hasOrder",
      (
        select quote_ident(n.nspname)
        from pg_opclass o
        join pg_am m on m.oid = o.opcmethod
        join pg_amop p
          on p.amopfamily = o.opcfamily
          and p.amoplefttype = o.opcintype
          and p.amoprighttype = o.opcintype
        join pg_operator e on e.oid = p.amopopr
        join pg_namespace n on n.oid = e.oprnamespace
        where m.amname = 'btree'
          and o.opcdefault
          and o.opcintype = ${base}
          and p.amopstrategy = 3
          and n.nspname <> 'pg_catalog'
      ) as "comparedIn",
      a.attgenerated <> '' or a.attidentity = 'a' as "isGenerated",
      (a.attnotnull or t.typnotnull)
        and not a.atthasdef
        and t.typdefault is null
        and a.attidentity = '' as "isRequired",
      array_remove(
        array[${sql.join([lacking('select'), lacking('insert'), lacking('update')])}],
        null
      ) as "lacking",
      s.name as "closedSequence"
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    cross join lateral (
      with recursive base(oid, modifier, of, next) as (
        select t.oid, a.atttypmod, t.typbasetype, t.typtypmod
        union all
        select d.oid, base.next, d.typbasetype, d.typtypmod
        from base
        join pg_type d on d.oid = base.of
      )
      select oid, modifier from base where of = 0
    ) b
    left join lateral (
      select c.oid::regclass::text as name
      from pg_attrdef d
      join pg_depend p
        on p.classid = 'pg_attrdef'::regclass
        and p.objid = d.oid
        and p.refclassid = 'pg_class'::regclass
      join pg_class c on c.oid = p.refobjid
      where d.adrelid = a.attrelid
        and d.adnum = a.attnum
        and case when c.relkind = 'S' then not has_sequence_privilege(c.oid, 'usage, update') end
      limit 1
    ) s on true
    where a.attrelid = ${oid}::oid
      and a.attnum > 0
      and not a.attisdropped
    order by a.attnum
  `.execute(db);
  return rows;
}

/**
 * The columns of an index are those that it depends on, expressions, the condition and what its columns are computed from
 * included.
 */
async function uniquesOf(db: Kysely<unknown>, oid: string): Promise<UniqueIndex[]> {
  const { rows } = await sql<{ columns: string[]; isPlain: boolean }>`
    select
      array(
        select a.attname::text
        from pg_attribute a
        where a.attrelid = i.indrelid
          and a.attnum > 0
          and (
            a.attgenerated = '' and a.attnum = any (k.keys)
            or exists (
              select
              from pg_attrdef f
              join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
              where f.adrelid = i.indrelid
                and f.adnum = any (k.computed)
                and d.refclassid = 'pg_class'::regclass
                and d.refobjid = i.indrelid
                and d.refobjsubid = a.attnum
                and a.attnum <> f.adnum
            )
            or (i.indpred is not null or i.indexprs is not null)
            and exists (
              select
              from pg_depend d
              where d.classid = 'pg_class'::regclass
                and d.objid = i.indexrelid
                and d.refclassid = 'pg_class'::regclass
                and d.refobjid = i.indrelid
                and d.refobjsubid = a.attnum
            )
          )
      ) as columns,
      i.indpred is null
        and i.indexprs is null
        and k.computed = '{}'
        -- Another collation tells apart what the column takes for the same.
        and not exists (
          select
          from unnest(i.indkey::int2[], i.indcollation::oid[]) as part(number, compares)
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = part.number
          where part.compares <> a.attcollation
        ) as "isPlain"
    from pg_index i
    cross join lateral (select (i.indkey::int2[])[0:i.indnkeyatts - 1] as keys) n
    cross join lateral (
      select
        n.keys,
        array(
          select g.attnum
          from pg_attribute g
          where g.attrelid = i.indrelid
            and g.attgenerated <> ''
            and g.attnum = any (n.keys)
        ) as computed
    ) k
    where i.indrelid = ${oid}::oid
      and i.indisunique
      and i.indisvalid
  `.execute(db);
  return rows;
}
