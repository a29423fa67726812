// Registered, so that all copies of this package in a process share it: its ESM and its CommonJS build, for example.
const BRAND = /* @__PURE__ */ Symbol.for('@sluice/core.error');

/**
 * The root of error classes whose `instanceof` recognizes the errors of every copy of this package, by the names of their
 * classes: the CommonJS build of a backend may reject with an error that the ESM build handles. Each class has a `name` on
 * its prototype. Classes that users derive from them have none, and go by the prototype chain as usual.
 */
export abstract class BrandedError extends Error {
  abstract override readonly name: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    // Not a member of the class: the published types of two copies would differ in it.
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    // biome-ignore lint/complexity/noThisInStatic: the class on the right of `instanceof`, not always this one
    const { prototype } = this;
    if (Object.prototype.isPrototypeOf.call(prototype, value)) return true;
    const name = ownName(prototype);
    return name !== undefined && BRAND in value && classNames(value).includes(name);
  }
}

function classNames(error: object): unknown[] {
  const prototype: object | null = Object.getPrototypeOf(error);
  return prototype === null ? [] : [ownName(prototype), ...classNames(prototype)];
}

function ownName(prototype: object): unknown {
  return Object.hasOwn(prototype, 'name') ? Reflect.get(prototype, 'name') : undefined;
}
