import { Cjson } from './cjson.js';
import { type Fengari, type LuaFunction, type LuaState, loadFengari } from './fengari.js';
import { withFloatLiterals } from './literals.js';
import { bytes, LuaValues } from './lua-values.js';
import { PRELUDE } from './prelude.js';
import { type Reply, ReplyError } from './replies.js';

/** A script that Lua has compiled. */
export type Compiled = number & { readonly __brand: 'Compiled' };

export interface Call {
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** Carries out one `redis.call`. */
  readonly command: (words: readonly string[]) => Promise<Reply>;
}

/**
 * Runs scripts, one at a time. A script is a coroutine: `redis.call` suspends it with the command, and the reply
 * resumes it, because redis-mock replies later, and Lua cannot wait.
 */
export class Lua {
  readonly #fengari: Fengari;
  readonly #values: LuaValues;
  readonly #state: LuaState;

  constructor() {
    this.#fengari = loadFengari();
    this.#values = new LuaValues(this.#fengari);
    this.#state = this.#fengari.lauxlib.luaL_newstate();
    this.#openLibraries();
    this.#runPrelude();
  }

  /** @throws ReplyError when it is not Lua */
  compile(source: string): Compiled {
    const { lua, lauxlib } = this.#fengari;
    this.#load(`local KEYS, ARGV = ... ${withFloatLiterals(source)}`, (problem) => {
      throw new ReplyError(`ERR Error compiling script (new function): ${problem}`);
    });
    return lauxlib.luaL_ref(this.#state, lua.LUA_REGISTRYINDEX) as Compiled;
  }

  /** @throws ReplyError */
  async run(script: Compiled, { keys, args, command }: Call): Promise<Reply> {
    const { lua } = this.#fengari;
    const thread = lua.lua_newthread(this.#state);
    try {
      lua.lua_rawgeti(thread, lua.LUA_REGISTRYINDEX, script);
      this.#values.push(thread, keys);
      this.#values.push(thread, args);
      let status = lua.lua_resume(thread, null, 2);
      while (status === lua.LUA_YIELD) {
        await this.#reply(thread, command);
        status = lua.lua_resume(thread, null, 1);
      }
      if (status !== lua.LUA_OK) throw this.#errorOf(thread);
      lua.lua_settop(thread, 1);
      return this.#values.replyOf(thread);
    } finally {
      lua.lua_settop(this.#state, 0);
    }
  }

  /** Replaces the command with its reply, or with the error. */
  async #reply(thread: LuaState, command: Call['command']): Promise<void> {
    const words = this.#values.commandOf(thread);
    this.#fengari.lua.lua_settop(thread, 0);
    try {
      if (words === undefined)
        throw new ReplyError('ERR Lua redis lib command arguments must be strings or integers');
      this.#values.push(thread, await command(words));
    } catch (error) {
      this.#values.pushField(
        thread,
        'err',
        error instanceof ReplyError ? error.message : `ERR ${String(error)}`,
      );
    }
  }

  #errorOf(thread: LuaState): ReplyError {
    const { lua } = this.#fengari;
    // The stack of a thread that failed takes nothing more.
    lua.lua_xmove(thread, this.#state, 1);
    const isTable = lua.lua_type(this.#state, -1) === lua.LUA_TTABLE;
    const reply = isTable ? this.#values.field(this.#state, 'err') : undefined;
    if (reply !== undefined) return new ReplyError(reply);
    const isText = lua.lua_type(this.#state, -1) === lua.LUA_TSTRING;
    return new ReplyError(
      `ERR ${isText ? this.#values.text(this.#state, -1) : 'the script raised no message'}`,
    );
  }

  #openLibraries(): void {
    const { lua, lauxlib, lualib } = this.#fengari;
    const open = (name: string, library: LuaFunction): void => {
      lauxlib.luaL_requiref(this.#state, bytes(name), library, 1);
      lua.lua_pop(this.#state, 1);
    };
    open('_G', lualib.luaopen_base);
    open('math', lualib.luaopen_math);
    open('string', lualib.luaopen_string);
    open('table', lualib.luaopen_table);
    new Cjson(this.#fengari, this.#values).install(this.#state);
  }

  #runPrelude(): void {
    const { lua } = this.#fengari;
    this.#load(PRELUDE, (problem) => {
      throw new Error(problem);
    });
    lua.lua_pushcfunction(this.#state, (state) => lua.lua_yield(state, lua.lua_gettop(state)));
    lua.lua_call(this.#state, 1, 0);
  }

  /** Leaves the compiled source on the stack. */
  #load(source: string, fail: (problem: string) => never): void {
    const { lua, lauxlib } = this.#fengari;
    const text = bytes(source);
    if (lauxlib.luaL_loadbuffer(this.#state, text, text.length, bytes('@user_script')) === lua.LUA_OK) return;
    const problem = this.#values.text(this.#state, -1);
    lua.lua_settop(this.#state, 0);
    fail(problem);
  }
}
