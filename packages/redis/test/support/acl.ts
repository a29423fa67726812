import { readFileSync } from 'node:fs';

/** The words of an `ACL SETUSER` line; those in parentheses, a selector, are a list of their own. */
export type Rules = readonly (string | readonly string[])[];

/** The `ACL SETUSER` lines of a page, by the name of the user. */
export function usersIn(page: string): ReadonlyMap<string, Rules> {
  const lines = [...textOf(page).matchAll(/^ACL SETUSER (\S+) (.*)$/gm)];
  return new Map(lines.map(([, name = '', rules = '']) => [name, rulesOf(rules)]));
}

/** The rules in the rows of a table, by what the rows begin with. */
export function additionsIn(page: string): ReadonlyMap<string, Rules> {
  const rows = [...textOf(page).matchAll(/^\| (.*?) \| `([+(].*)` \|$/gm)];
  return new Map(rows.map(([, when = '', rules = '']) => [when, rulesOf(rules.replaceAll('\\|', '|'))]));
}

function textOf(page: string): string {
  return readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8');
}

function rulesOf(line: string): Rules {
  return [...line.matchAll(/\(([^)]*)\)|(\S+)/g)].map(([, selector, word = '']) =>
    selector === undefined ? word : selector.split(' '),
  );
}

/** As `ACL SETUSER` takes them. */
export function wordsOf(rules: Rules): string[] {
  return rules.map((rule) => (typeof rule === 'string' ? rule : `(${rule.join(' ')})`));
}

/** A right that was taken away, and the rules without it. */
export interface Lessening {
  readonly without: string;
  readonly rules: Rules;
}

/** The rules without each command and each pattern of keys in turn; and with each pattern that allows both, for reads or writes alone. */
export function lessened(rules: Rules): Lessening[] {
  return rules.flatMap((rule, at) => {
    const changed = (without: string, by: Rules): Lessening => ({
      without,
      rules: rules.toSpliced(at, 1, ...by),
    });
    if (typeof rule === 'string') return rule.startsWith('+') ? [changed(rule, [])] : [];
    return rule.flatMap((word, i) => {
      const others = (...by: string[]): Rules => [rule.toSpliced(i, 1, ...by)];
      const where = rule.filter((each) => each.includes('~')).join(' ');
      const less = word.startsWith('~') ? ['%R', '%W'] : [];
      return [
        changed(`${word} (${where})`, others()),
        ...less.map((only) => changed(`${only}${word} in place of both`, others(`${only}${word}`))),
      ];
    });
  });
}
