import { isUtf8 } from 'node:buffer';
import jsonc from 'jsonc-parser';
import { type FieldError, Problem } from './problem.ts';

/** How many objects and lists may lie in each other. No body of ours has more than four. */
export const deepestJson = 8;

/** A name that is safe to repeat in an answer; anything else that a client invents is not echoed. */
export const plainName = /^\w{1,32}$/;

/** What assigning by name would write into the prototype of an object, in some code behind us. */
const prototypeNames = new Set(['__proto__', 'constructor', 'prototype']);

export interface JsonBody {
  value: unknown;
  /** The value, written in the one way `JSON.stringify` has: two parsers cannot read it differently. */
  text: string;
}

/**
 * Reads a body that says one thing only. `JSON.parse` lets the last of two members with one name win, other parsers the
 * first, and what is checked here could be something else there; so such a body is refused.
 * @throws Problem validation-failed that names the member
 */
export function readJson(bytes: Buffer): JsonBody {
  const text = bytes.toString('utf8');
  const value = parse(text, bytes);
  const bad = badMember(value, deepestJson);
  if (bad) throw refusal(bad.path, bad.message);
  const canonical = JSON.stringify(value);
  // Nothing was dropped, so nothing was there twice. Most clients write like this, and the others pay for a closer look.
  if (canonical !== text) refuseDuplicates(text);
  return { value, text: canonical };
}

function parse(text: string, bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw refusal([], 'must be UTF-8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal([], 'must be JSON', cause);
  }
}

interface Bad {
  path: PropertyKey[];
  message: string;
}

function badMember(value: unknown, levels: number): Bad | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return { path: [], message: `is nested in more than ${deepestJson} others` };
  // Own members only: `JSON.parse` makes plain objects, and whose `__proto__` was given has it as its own.
  for (const name in value) {
    if (prototypeNames.has(name)) return { path: [name], message: 'is not allowed' };
    const bad = badMember((value as Record<string, unknown>)[name], levels - 1);
    if (bad) return { ...bad, path: [name, ...bad.path] };
  }
  return undefined;
}

function refuseDuplicates(text: string): void {
  const open: Set<string>[] = [];
  jsonc.visit(text, {
    onObjectBegin: () => {
      open.push(new Set());
    },
    onObjectEnd: () => {
      open.pop();
    },
    onObjectProperty: (name, _offset, _length, _line, _character, path) => {
      const names = open.at(-1);
      if (names?.has(name)) throw refusal([...path(), name], 'is given more than once');
      names?.add(name);
    },
  });
}

/** Names the member as far as its name may be repeated. */
function refusal(path: PropertyKey[], message: string, cause?: unknown): Problem {
  const end = path.findIndex((name) => !plainName.test(String(name)));
  const named = end === -1 ? path : path.slice(0, end);
  const field = named.join('.') || 'body';
  const error: FieldError = { field, message: end === -1 ? message : `has a member that ${message}` };
  return new Problem('validation-failed', { errors: [error], cause });
}
