import { type ArgumentsHost, applyDecorators, Catch, type RpcExceptionFilter, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { type commands, replyNames } from '@ringshop/contracts';
import { type Observable, throwError } from 'rxjs';
import type { Incoming } from './message.ts';

export type CommandName = (typeof commands)[number]['name'];

/** What a decorated method looks like: one call for all messages that wait, whatever their name and partition. */
export type BatchHandler = (batch: Incoming[]) => Promise<void>;

type BatchMethod = <M extends BatchHandler>(
  target: object,
  key: string | symbol,
  method: TypedPropertyDescriptor<M>,
) => void;

/**
 * The method handles these commands: all names in one mixed batch, messages of one key in their order on the topic.
 * It must be one transaction, since a batch that throws is tried again, whole or in halves.
 */
export const Commands = (...names: CommandName[]): BatchMethod => batchPattern(names);

/** The method handles these replies; without names, every reply of the contracts. */
export const Replies = (...names: string[]): BatchMethod => batchPattern(names.length > 0 ? names : replyNames);

const batchPattern = (names: readonly string[]) =>
  applyDecorators(MessagePattern([...names]), UseFilters(ErrorsAsThrown)) as BatchMethod;

/** Nest's own filter replaces an error by "Internal server error"; the transport must see which one it was. */
@Catch()
class ErrorsAsThrown implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}
