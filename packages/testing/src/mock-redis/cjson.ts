import { toBinary } from './bytes.js';
import type { Fengari, LuaFunction, LuaState } from './fengari.js';
import { formatNumber } from './format-number.js';
import { bytes, type LuaValues, SLOTS } from './lua-values.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

// What JSON's null is in Lua, where a table cannot hold nil.
const NULL = {};
const MAX_DEPTH = 1000;

/** The `cjson` of Redis' scripts: `encode`, `decode` and `null`. */
export class Cjson {
  readonly #lua: Fengari['lua'];
  readonly #values: LuaValues;

  constructor({ lua }: Fengari, values: LuaValues) {
    this.#lua = lua;
    this.#values = values;
  }

  /** Makes it a global. */
  install(state: LuaState): void {
    const lua = this.#lua;
    lua.lua_createtable(state, 0, 3);
    lua.lua_pushcfunction(
      state,
      this.#guarded((at) => this.#pushJson(at, parse(this.#values.text(at, 1)))),
    );
    lua.lua_setfield(state, -2, bytes('decode'));
    lua.lua_pushcfunction(
      state,
      this.#guarded((at) => this.#values.push(at, this.#encode(at, 1))),
    );
    lua.lua_setfield(state, -2, bytes('encode'));
    lua.lua_pushlightuserdata(state, NULL);
    lua.lua_setfield(state, -2, bytes('null'));
    lua.lua_setglobal(state, bytes('cjson'));
  }

  /** A function of one result. Its errors become Lua's, raised outside of `catch`, which fengari's unwinding needs. */
  #guarded(run: (state: LuaState) => void): LuaFunction {
    return (state) => {
      let problem: string;
      try {
        this.#lua.lua_settop(state, 1);
        run(state);
        return 1;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
      this.#lua.lua_pushstring(state, bytes(toBinary(problem)));
      return this.#lua.lua_error(state);
    };
  }

  #pushJson(state: LuaState, json: Json): void {
    const lua = this.#lua;
    if (json === null) lua.lua_pushlightuserdata(state, NULL);
    else if (typeof json === 'boolean') lua.lua_pushboolean(state, json);
    else if (typeof json !== 'object') this.#values.push(state, json);
    else this.#pushTable(state, json);
  }

  #pushTable(state: LuaState, json: Extract<Json, object>): void {
    const lua = this.#lua;
    const isList = Array.isArray(json);
    lua.lua_checkstack(state, SLOTS);
    lua.lua_createtable(state, 0, 0);
    for (const [name, value] of Object.entries(json)) {
      if (isList) lua.lua_pushnumber(state, Number(name) + 1);
      else lua.lua_pushstring(state, bytes(name));
      this.#pushJson(state, value as Json);
      lua.lua_rawset(state, -3);
    }
  }

  #encode(state: LuaState, index: number, depth = 0): string {
    const lua = this.#lua;
    switch (lua.lua_type(state, index)) {
      case lua.LUA_TSTRING:
        return quote(this.#values.text(state, index));
      case lua.LUA_TNUMBER:
        return numberText(lua.lua_tonumber(state, index));
      case lua.LUA_TBOOLEAN:
        return String(lua.lua_toboolean(state, index));
      case lua.LUA_TTABLE:
        return this.#encodeTable(state, index, depth + 1);
      case lua.LUA_TNIL:
        return 'null';
    }
    if (lua.lua_touserdata(state, index) === NULL) return 'null';
    throw new Error('Cannot serialise: type not supported');
  }

  #encodeTable(state: LuaState, index: number, depth: number): string {
    if (depth > MAX_DEPTH) throw new Error('Cannot serialise, excessive depth');
    const lua = this.#lua;
    lua.lua_checkstack(state, SLOTS);
    const items = new Map<number | string, string>();
    for (lua.lua_pushnil(state); lua.lua_next(state, index) !== 0; lua.lua_pop(state, 1)) {
      const top = lua.lua_gettop(state);
      items.set(this.#keyOf(state, top - 1), this.#encode(state, top, depth));
    }
    return asList(items) ?? asObject(items);
  }

  #keyOf(state: LuaState, index: number): number | string {
    const type = this.#lua.lua_type(state, index);
    if (type === this.#lua.LUA_TNUMBER) return this.#lua.lua_tonumber(state, index);
    if (type === this.#lua.LUA_TSTRING) return this.#values.text(state, index);
    throw new Error('Cannot serialise: table key must be a number or string');
  }
}

/** A table is a list if it has items and all its keys are indexes; what is missing between them is null. */
function asList(items: ReadonlyMap<number | string, string>): string | undefined {
  const keys = [...items.keys()];
  if (keys.length === 0 || !keys.every((key) => Number.isInteger(key) && Number(key) > 0)) return undefined;
  const length = keys.reduce<number>((most, key) => Math.max(most, Number(key)), 0);
  if (length > 10 && length > 2 * items.size)
    throw new Error('Cannot serialise table: excessively sparse array');
  return `[${Array.from({ length }, (_, i) => items.get(i + 1) ?? 'null').join(',')}]`;
}

function asObject(items: ReadonlyMap<number | string, string>): string {
  const fields = [...items].map(
    ([key, text]) => `${typeof key === 'number' ? `"${numberText(key)}"` : quote(key)}:${text}`,
  );
  return `{${fields.join(',')}}`;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error('Cannot serialise number: must not be NaN or Inf');
  return formatNumber(value, 14);
}

function quote(binary: string): string {
  return JSON.stringify(binary).replaceAll('/', '\\/').replaceAll('\x7f', '\\u007f');
}

// An escape of JSON: a pair of surrogates, one code unit, or a character.
const ESCAPES = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[\da-fA-F]{4}|.)/gs;

/** Parses binary text, in which characters stand for bytes: escapes beyond ASCII become bytes before. */
function parse(text: string): Json {
  return JSON.parse(text.replace(ESCAPES, asBytes)) as Json;
}

function asBytes(escaped: string): string {
  if (escaped.length < 6) return escaped;
  const text = JSON.parse(`"${escaped}"`) as string;
  if (text < '\x80') return escaped;
  if (!text.isWellFormed()) throw new Error('invalid unicode escape code');
  return toBinary(text);
}
