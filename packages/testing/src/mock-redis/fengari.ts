import { library } from './library.js';

/** The part of fengari, a Lua 5.3 in JavaScript, that the mock uses. Its names are those of Lua's C API. */
export interface Fengari {
  readonly lua: {
    readonly LUA_OK: number;
    readonly LUA_YIELD: number;
    readonly LUA_REGISTRYINDEX: number;
    readonly LUA_TNIL: number;
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    lua_call(state: LuaState, args: number, results: number): void;
    lua_checkstack(state: LuaState, slots: number): boolean;
    lua_createtable(state: LuaState, items: number, fields: number): void;
    lua_error(state: LuaState): number;
    lua_getfield(state: LuaState, index: number, name: Uint8Array): number;
    lua_gettop(state: LuaState): number;
    lua_newthread(state: LuaState): LuaState;
    lua_next(state: LuaState, index: number): 0 | 1;
    lua_pop(state: LuaState, count: number): void;
    lua_pushboolean(state: LuaState, value: boolean): void;
    lua_pushlightuserdata(state: LuaState, value: object): void;
    lua_pushnil(state: LuaState): void;
    lua_pushnumber(state: LuaState, value: number): void;
    lua_pushstring(state: LuaState, value: Uint8Array): void;
    lua_rawgeti(state: LuaState, index: number, item: number): number;
    lua_rawset(state: LuaState, index: number): void;
    lua_rawseti(state: LuaState, index: number, item: number): void;
    lua_resume(state: LuaState, from: LuaState | null, args: number): number;
    lua_setfield(state: LuaState, index: number, name: Uint8Array): void;
    lua_setglobal(state: LuaState, name: Uint8Array): void;
    lua_settop(state: LuaState, index: number): void;
    lua_pushcfunction(state: LuaState, run: LuaFunction): void;
    lua_toboolean(state: LuaState, index: number): boolean;
    lua_tonumber(state: LuaState, index: number): number;
    lua_tostring(state: LuaState, index: number): Uint8Array;
    lua_touserdata(state: LuaState, index: number): object | null;
    lua_type(state: LuaState, index: number): number;
    lua_xmove(from: LuaState, to: LuaState, count: number): void;
    lua_yield(state: LuaState, results: number): number;
  };
  readonly lauxlib: {
    luaL_loadbuffer(state: LuaState, source: Uint8Array, length: number, name: Uint8Array): number;
    luaL_newstate(): LuaState;
    luaL_ref(state: LuaState, table: number): number;
    luaL_requiref(state: LuaState, name: Uint8Array, open: LuaFunction, global: 0 | 1): void;
  };
  readonly lualib: {
    readonly luaopen_base: LuaFunction;
    readonly luaopen_math: LuaFunction;
    readonly luaopen_string: LuaFunction;
    readonly luaopen_table: LuaFunction;
  };
}

/** A Lua stack. Only fengari looks inside. */
export interface LuaState {
  readonly opaque: unique symbol;
}

/** Takes its arguments from the stack, and returns how many results it left there. */
export type LuaFunction = (state: LuaState) => number;

let loaded: Fengari | undefined;

/**
 * Loads fengari when it is first needed: it takes a moment, and one of its dependencies listens for the exit of the
 * process. As in Redis, an integral number then turns into `1`, not `1.0`.
 */
export function loadFengari(): Fengari {
  if (loaded !== undefined) return loaded;
  const before = process.env.FENGARICONF;
  process.env.FENGARICONF = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
  try {
    loaded = library('fengari') as Fengari;
    return loaded;
  } finally {
    if (before === undefined) delete process.env.FENGARICONF;
    else process.env.FENGARICONF = before;
  }
}
