import type { ComparableValue } from './entry/rules/comparable.js';
import type { Ruled } from './entry/rules/ruled.js';

/** A value that a filter may have. `1` and `'1'` are different values, and so different targets. */
export type FilterValue = string | number | bigint | boolean | null | Date;

/** Names and values that pick a row: see {@link FilterValue}. The order of the names does not matter. */
export type Filters = Readonly<Record<string, FilterValue>>;

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A value that travels along with the sums: a scalar, or plain JSON. */
export type ExtraValue = FilterValue | JsonValue;

/**
 * An extra value's type, with `never` in place of what JSON cannot hold. Interfaces, which have no index signature, are
 * taken apart to be compared with `JsonValue`.
 */
type Storable<V> = V extends ExtraValue ? V : Json<V>;
type Json<V> = V extends JsonValue
  ? V
  : V extends (...args: never) => unknown
    ? never
    : V extends object
      ? { [N in keyof V]: Json<V[N]> }
      : never;

/** What a model `D` of a {@link Schema} must be like. */
export type ModelSchema<D = AnySchema[string]> = {
  readonly columns: string;
  readonly filters: D extends { readonly filters: infer F extends object }
    ? { readonly [N in keyof F]: FilterValue }
    : Filters;
  readonly extra?: D extends { readonly extra: infer E extends object }
    ? { readonly [N in keyof E]: FilterValue | Storable<E[N]> }
    : Readonly<Record<string, ExtraValue>>;
} & {
  readonly [N in Exclude<
    keyof D,
    keyof AnySchema[string]
  >]: `A model has columns, filters and extra, but no ${N & string}`;
};

/**
 * Models by name. Given to `createBuffer<MySchema>()`, it lets the compiler check every increment. A schema is compared
 * with what is made of itself, so that interfaces will do and misspelt keys will not. Code that is generic over schemas
 * does the same: `<S extends Schema<S>>`.
 *
 * @example
 * ```ts
 * interface Counters {
 *   Page: { columns: 'views' | 'likes'; filters: { path: string }; extra: { lastSeen: Date } };
 * }
 * const buffer = createBuffer<Counters>({ backend });
 * await buffer.incr('Page', { views: 1 }, { path: '/docs' }, { lastSeen: max(new Date()) });
 * ```
 */
export type Schema<S = AnySchema> = object & { readonly [M in keyof S]: ModelSchema<S[M]> };

/** What holds when no schema is given: any names, values of the allowed types. */
export interface AnySchema {
  readonly [model: string]: {
    readonly columns: string;
    readonly filters: Filters;
    readonly extra: Readonly<Record<string, ExtraValue>>;
  };
}

/** The names of a schema's models. */
export type ModelOf<S> = keyof S & string;

/** The names of a model's columns. */
export type ColumnOf<S, M extends keyof S> = S[M] extends { readonly columns: infer C extends string }
  ? C
  : never;

/** A model's filters. */
export type FiltersOf<S, M extends keyof S> = S[M] extends { readonly filters: infer F } ? F : never;

type ExtraOf<S, M extends keyof S> = S[M] extends { readonly extra: infer E } ? E : Record<never, never>;

/** Amounts to add, by column. */
export type Columns<S extends Schema<S> = AnySchema, M extends keyof S = keyof S> = Readonly<
  string extends ColumnOf<S, M> ? Record<string, number> : Partial<Record<ColumnOf<S, M>, number>>
>;

/** Values to set, by name: the last write wins, unless wrapped in {@link max} or {@link min}. */
export type Extra<S extends Schema<S> = AnySchema, M extends keyof S = keyof S> = [
  keyof ExtraOf<S, M>,
] extends [never]
  ? // A mapped type of no names would take anything.
    { readonly [name: string]: never }
  : {
      readonly [N in keyof ExtraOf<S, M>]?:
        | ExtraOf<S, M>[N]
        | Ruled<Extract<ExtraOf<S, M>[N], ComparableValue>, Partial<ExtraOf<S, M>>>;
    };

/** How the extra values of one name combine. */
export type Rule = 'last' | 'max' | 'min';

/** An extra value that belongs to one of `max` or `min`. */
export interface Companion<V = ExtraValue> {
  /** The value that it came with. It may be one that was replaced since, by a value that came without this companion. */
  readonly cameWith: ComparableValue;
  readonly value: V;
}

/** All that has accumulated for one target, as a {@link Sink} gets it. */
export type Entry<S extends Schema<S> = AnySchema> = {
  [M in ModelOf<S>]: {
    readonly model: M;
    readonly filters: Readonly<FiltersOf<S, M>>;
    /** The sums, by column. */
    readonly columns: Readonly<Partial<Record<ColumnOf<S, M>, number>>>;
    /** The combined values, each with the rule that combined it. */
    readonly extra: {
      readonly [N in keyof ExtraOf<S, M>]?: {
        readonly rule: Rule;
        readonly value: Storable<ExtraOf<S, M>[N]>;
        /** What came with the value of `max` or `min`, by name. Left out if nothing did. */
        readonly companions?: { readonly [C in keyof ExtraOf<S, M>]?: Companion<Storable<ExtraOf<S, M>[C]>> };
      };
    };
    /** Such entries are for listeners: a sink leaves the tables alone. */
    readonly signalOnly: boolean;
    /** When the backend took the first increment of this entry, by the backend's clock. */
    readonly firstAt: Date;
  };
}[ModelOf<S>];

/** The frozen entries of one claim. Every delivery of a batch has the same id and the same entries: see {@link Sink}. */
export interface Batch<S extends Schema<S> = AnySchema> {
  /** New for every batch: what a sink records, so that it applies none twice. */
  readonly id: string;
  readonly partition: number;
  /** 1 for the first delivery. */
  readonly attempt: number;
  readonly entries: readonly Entry<S>[];
}
