import { isUtf8 } from 'node:buffer';
import jsonc from 'jsonc-parser';
import { type FieldError, Problem } from './problem.ts';

/** How many objects and lists may lie in each other. No body of ours has more than four. */
export const deepestJson = 8;

/** A name that is safe to repeat in an answer; anything else that a client invents is not echoed. */
export const plainName = /^\w{1,32}$/;

const [quote, colon, backslash] = [0x22, 0x3a, 0x5c];

/** What assigning by name would write into the prototype of an object, in some code behind us. */
const prototypeNames = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads a body that says one thing only. `JSON.parse` lets the last of two members with one name win, other parsers the
 * first, and what is checked here could be something else there; so such a body is refused.
 * @throws Problem validation-failed that names the member
 */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw refusal([], 'must be UTF-8');
  const text = bytes.toString('utf8');
  const value = parse(text);
  // What was written and is not there any more was there twice. Counting is cheap; to name it, another parser has to look.
  if (membersOf(value, deepestJson) !== colonsIn(text)) refuseDuplicates(text);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal([], 'must be JSON', cause);
  }
}

/** How many members all of its objects have. @throws Problem for one that is too deep, or has a prototype's name */
function membersOf(value: unknown, levels: number, path: PropertyKey[] = []): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (levels === 0) throw refusal(path, `is nested in more than ${deepestJson} others`);
  let count = 0;
  const last = path.push('') - 1;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      path[last] = at;
      count += membersOf(value[at], levels - 1, path);
    }
  } else {
    // Own members only: `JSON.parse` makes plain objects, and one whose `__proto__` was given has it as its own.
    for (const name in value) {
      path[last] = name;
      if (prototypeNames.has(name)) throw refusal(path, 'is not allowed');
      count += 1 + membersOf((value as Record<string, unknown>)[name], levels - 1, path);
    }
  }
  path.pop();
  return count;
}

/** Colons outside of strings, of which valid JSON has one a member. */
function colonsIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === colon) count++;
    else if (letter === quote) at = endOfString(text, at);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
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
