import { loadScripts } from './scripts.js';

/**
 * A sentence that names the command that the server's user may not run in a script: the reply has but the line. Empty if
 * that says nothing.
 */
export function deniedCommand(error: unknown, message: string): string {
  const { command } = Object(error) as { command?: { args?: readonly unknown[] } };
  const script = Object.values(loadScripts()).find(({ source, sha1 }) =>
    [source, sha1].includes(String(command?.args?.[0])),
  );
  const line = Number(/@user_script: ?(\d+)/.exec(message)?.[1]);
  const called = script?.source.split('\n')[line - 1]?.match(/(?<=redis\.call\(')[A-Z]+/g) ?? [];
  return called.length === 0 ? '' : `The user may not run ${called.join(' or ')} on the keys. `;
}
