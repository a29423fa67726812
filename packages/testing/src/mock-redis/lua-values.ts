import type { Fengari, LuaState } from './fengari.js';
import { formatNumber } from './format-number.js';
import { isStatus, type Reply, ReplyError } from './replies.js';

/** What one level of a nested table takes of a stack, at the most. */
export const SLOTS = 5;

/** Moves values between JavaScript and a Lua stack, by Redis' rules of conversion. */
export class LuaValues {
  readonly #lua: Fengari['lua'];

  constructor({ lua }: Fengari) {
    this.#lua = lua;
  }

  push(state: LuaState, reply: Reply): void {
    const lua = this.#lua;
    if (reply === null) lua.lua_pushboolean(state, false);
    else if (typeof reply === 'number') lua.lua_pushnumber(state, reply);
    else if (typeof reply === 'string') lua.lua_pushstring(state, bytes(reply));
    else if (isStatus(reply)) this.pushField(state, 'ok', reply.ok);
    else this.#pushList(state, reply);
  }

  /** Pushes a table of one field: a status, or an error. */
  pushField(state: LuaState, name: 'ok' | 'err', text: string): void {
    this.#lua.lua_createtable(state, 0, 1);
    this.#lua.lua_pushstring(state, bytes(text));
    this.#lua.lua_setfield(state, -2, bytes(name));
  }

  #pushList(state: LuaState, items: readonly Reply[]): void {
    this.#lua.lua_checkstack(state, SLOTS);
    this.#lua.lua_createtable(state, items.length, 0);
    for (const [i, item] of items.entries()) {
      this.push(state, item);
      this.#lua.lua_rawseti(state, -2, i + 1);
    }
  }

  /** The arguments of a command: strings, and numbers as their text. `undefined`: there is something else. */
  commandOf(state: LuaState): string[] | undefined {
    const lua = this.#lua;
    const words: string[] = [];
    for (let index = 1; index <= lua.lua_gettop(state); index += 1) {
      const type = lua.lua_type(state, index);
      if (type === lua.LUA_TNUMBER) words.push(formatNumber(lua.lua_tonumber(state, index), 17));
      else if (type === lua.LUA_TSTRING) words.push(this.text(state, index));
      else return undefined;
    }
    return words;
  }

  /**
   * What a script replies with the value on top of the stack.
   * @throws ReplyError when it is a table with `err`
   */
  replyOf(state: LuaState): Reply {
    const lua = this.#lua;
    switch (lua.lua_type(state, -1)) {
      case lua.LUA_TSTRING:
        return this.text(state, -1);
      case lua.LUA_TNUMBER:
        return Math.trunc(lua.lua_tonumber(state, -1)) + 0;
      case lua.LUA_TBOOLEAN:
        return lua.lua_toboolean(state, -1) ? 1 : null;
      case lua.LUA_TTABLE:
        return this.#tableReply(state);
      default:
        return null;
    }
  }

  #tableReply(state: LuaState): Reply {
    this.#lua.lua_checkstack(state, SLOTS);
    const err = this.field(state, 'err');
    if (err !== undefined) throw new ReplyError(err);
    const ok = this.field(state, 'ok');
    return ok === undefined ? this.#listReply(state) : { ok };
  }

  #listReply(state: LuaState): Reply[] {
    const lua = this.#lua;
    const items: Reply[] = [];
    for (let at = 1; lua.lua_rawgeti(state, -1, at) !== lua.LUA_TNIL; at += 1) {
      items.push(this.replyOf(state));
      lua.lua_pop(state, 1);
    }
    lua.lua_pop(state, 1);
    return items;
  }

  /** The text in a field of the table on top of the stack, if there is one. */
  field(state: LuaState, name: 'ok' | 'err'): string | undefined {
    const type = this.#lua.lua_getfield(state, -1, bytes(name));
    const text = type === this.#lua.LUA_TSTRING ? this.text(state, -1) : undefined;
    this.#lua.lua_pop(state, 1);
    return text;
  }

  /** The string at an index; a number there would turn into one. */
  text(state: LuaState, index: number): string {
    const { buffer, byteOffset, byteLength } = this.#lua.lua_tostring(state, index);
    return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
  }
}

/** The bytes of a binary string. */
export function bytes(binary: string): Uint8Array {
  return Buffer.from(binary, 'latin1');
}
