import { namesInOrder } from '../entry/target-key.js';
import type { Filters, FilterValue } from '../schema.js';
import { millisecondsOf } from '../support/date.js';
import { isRecord } from '../support/validate.js';
import type { IndexNode, OpenEntry } from './open-entry.js';

/** One filter's values, each mapped to its child. The root's "filter" is the model. */
class FilterNode implements IndexNode {
  readonly children = new Map<FilterValue, OpenEntry | PrefixNode>();

  constructor(
    readonly filter: string,
    readonly parent: PrefixNode | undefined,
  ) {}

  /** The prefix that ends with this value. It takes over the entry that was here, if there was one. */
  prefixAt(value: FilterValue): PrefixNode {
    const child = this.children.get(value);
    if (child instanceof PrefixNode) return child;
    const prefix = new PrefixNode(this, value, child);
    this.children.set(value, prefix);
    return prefix;
  }

  insert(entry: OpenEntry, value: FilterValue): void {
    const child = this.children.get(value);
    if (child instanceof PrefixNode) child.entry = entry;
    else this.children.set(value, entry);
    entry.node = this;
    entry.value = value;
  }

  remove(value: FilterValue): void {
    const child = this.children.get(value);
    if (child instanceof PrefixNode) {
      child.entry = undefined;
      child.prune();
    } else {
      this.removeChild(value);
    }
  }

  /** Removes a child, and prunes empty ancestors. */
  removeChild(value: FilterValue): void {
    this.children.delete(value);
    if (this.children.size === 0) this.parent?.removeChild(this);
  }
}

/** The node shared by all targets with the same model and leading filters. */
class PrefixNode {
  #children: readonly FilterNode[] = [];

  constructor(
    readonly parent: FilterNode,
    readonly value: FilterValue,
    /** The entry of the target that has no further filters. */
    public entry: OpenEntry | undefined,
  ) {}

  find(filter: string): FilterNode | undefined {
    for (const child of this.#children) if (child.filter === filter) return child;
    return undefined;
  }

  findOrInsert(filter: string): FilterNode {
    const found = this.find(filter);
    if (found !== undefined) return found;
    const child = new FilterNode(filter, this);
    this.#children = [...this.#children, child];
    return child;
  }

  removeChild(child: FilterNode): void {
    this.#children = this.#children.filter((other) => other !== child);
    this.prune();
  }

  /** Removes the node if nothing is left of it. */
  prune(): void {
    if (this.entry === undefined && this.#children.length === 0) this.parent.removeChild(this.value);
  }
}

/**
 * Finds a target's open entry by model and filters as the caller passes them: looking up these values costs a fraction
 * of building the target's key. A trie: the model, then each filter's value, in the order of the filters' names.
 */
export class TargetIndex {
  readonly #ordinary = new FilterNode('', undefined);
  readonly #signalOnly = new FilterNode('', undefined);

  /** The open entry of a target, if there is one. An invalid target has none. */
  find(model: string, filters: Filters, signalOnly: boolean): OpenEntry | undefined {
    let at = this.#root(signalOnly).children.get(model);
    if (!isRecord(filters)) return undefined;
    for (const name of namesInOrder(filters)) {
      if (!(at instanceof PrefixNode)) return undefined;
      at = at.find(name)?.children.get(comparable(filters[name]));
    }
    return at instanceof PrefixNode ? at.entry : at;
  }

  /** Inserts the entry of a valid target that has none. */
  insert(entry: OpenEntry, model: string, filters: Filters, signalOnly: boolean): void {
    let node = this.#root(signalOnly);
    let value: FilterValue = model;
    for (const name of namesInOrder(filters)) {
      node = node.prefixAt(value).findOrInsert(name);
      value = comparable(filters[name]);
    }
    node.insert(entry, value);
  }

  #root(signalOnly: boolean): FilterNode {
    return signalOnly ? this.#signalOnly : this.#ordinary;
  }
}

// Valid bigints have at most 128 bits, so none equals a Date's number.
const DATES = 1n << 200n;

/**
 * A Map compares all scalars by value except Dates, which become bigints here. Entries are looked up before filters are
 * checked: a bigint that is too large becomes NaN, since no entry has that either.
 */
function comparable(value: FilterValue | undefined): FilterValue {
  if (typeof value === 'bigint') return BigInt.asIntN(128, value) === value ? value : Number.NaN;
  if (typeof value !== 'object' || value === null) return value as FilterValue;
  const time = millisecondsOf(value);
  return time === undefined || Number.isNaN(time) ? value : DATES + BigInt(time);
}
