import { plainTable } from '@ringshop/pages';
import type { Variable } from './variables-of.ts';

/** Markdown, a row for each variable. */
export function tableOf(variables: Variable[]): string {
  const rows = variables.map((variable) => {
    const { name, kind, description, oneOf } = variable;
    const choice = oneOf.length > 0 ? ` One of ${oneOf.map(code).join(', ')}.` : '';
    return [code(name), kind, defaultOf(variable), description + choice];
  });
  return plainTable(['variable', 'kind', 'default', ''], rows);
}

const code = (text: string) => `\`${text}\``;

function defaultOf({ name, required, byDefault }: Variable): string {
  if (required) return '**required**';
  if (byDefault === undefined || (Array.isArray(byDefault) && byDefault.length === 0)) return 'none';
  const value = code(String(byDefault));
  return name.endsWith('_MS') ? `${value}${inWords(Number(byDefault))}` : value;
}

const units = { day: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 };

/** 900000 → ` (15 min)`. What is no whole number of seconds is read best as it stands. */
function inWords(ms: number): string {
  const unit = Object.entries(units).find(([, length]) => ms % length === 0);
  if (!unit || ms === 0) return '';
  const count = ms / unit[1];
  return ` (${count} ${unit[0] === 'day' && count > 1 ? 'days' : unit[0]})`;
}
