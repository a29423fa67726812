/**
 * Whether an error judges a row, though its code may be that of a missing right: a policy of rows does, and a trigger says
 * what it likes, but for failures that pass.
 */
export function isAboutRow(code: unknown, routine: unknown): boolean {
  if (routine === 'exec_stmt_raise') return !/^(08|40|53|55P03|57|58|XX)/.test(String(code));
  return code === '42501' && routine === 'ExecWithCheckOptions';
}
