const HIDDEN = '***';

/** What is shorter is part of many words, and is hidden together with the user name only. */
const SHORTEST_ALONE = 4;

/** A user and a password in any URL, but for the examples in messages. */
const LOGIN = /([a-z][a-z0-9+.-]*:\/\/)(?!user:password@)[^\s/@'"]*:[^\s@'"]*@/gi;

/** As URLs and drivers write it: `sentinelPassword=…`, `password = …`, `PWD=…`. */
const PASSWORD = /((?:\b\w*passw(?:or)?d|\bpwd)\s*=\s*)[^\s;&'"]+/gi;

/** Takes the passwords of the URLs among these texts, such as arguments, out of whatever is printed. */
export function redactor(texts: readonly (string | undefined)[]): (text: string) => string {
  const secrets = [...new Set(texts.flatMap((text) => secretsIn(text ?? '')))].sort(
    (a, b) => b.length - a.length,
  );
  return (text) => {
    const hidden = secrets.reduce((all, secret) => all.replaceAll(secret, HIDDEN), text);
    return hidden.replace(LOGIN, `$1${HIDDEN}@`).replace(PASSWORD, `$1${HIDDEN}`);
  };
}

function secretsIn(text: string): string[] {
  // As far as the last @: people forget to encode one that is in a password.
  const login = /:\/\/(.*)@/s.exec(text)?.[1] ?? '';
  const colon = login.indexOf(':');
  const password = colon === -1 ? '' : login.slice(colon + 1);
  const parameters = [...text.matchAll(/[?&]\w*password=([^&\s]*)/gi)].map(([, value = '']) => value);
  return [login, ...[password, ...parameters].filter(({ length }) => length >= SHORTEST_ALONE)]
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, decoded(secret)])
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
