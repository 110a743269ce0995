import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Handle } from './received.ts';

/** Nest makes a function for each pattern; the patterns of one method share their `extras`. */
export function handlesOf(handlers: Map<string, MessageHandler>): Map<string, Handle> {
  const byMethod = new Map<unknown, Handle>();
  const handles = new Map<string, Handle>();
  for (const [name, handler] of handlers) {
    const method = handler.extras ?? handler;
    const handle = byMethod.get(method) ?? ((batch) => settled(handler(batch)));
    byMethod.set(method, handle);
    handles.set(name, handle);
  }
  return handles;
}

/** Nest answers with an observable once an exception filter had a part in it. */
async function settled(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
