import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Controller, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { cloudEventOf } from '@ringshop/contracts';
import { KafkaBatchServer, type KafkaBatchServerOptions } from './batch-server.ts';
import { type BatchHandler, Commands } from './decorators.ts';
import { releaseStock, replyTopic } from './messaging.kit.ts';

export const stockCommands = ['reserve-stock', 'release-stock', 'commit-stock'] as const;

export type ConsumerOptions = Omit<KafkaBatchServerOptions, 'groupId'> & { groupId?: string; controllers?: Type[] };

/** A controller with one method for all commands to the stock. */
export function stockController(handle: BatchHandler): Type {
  @Controller()
  class StockController {
    @Commands(...stockCommands)
    onCommands(batch: Parameters<BatchHandler>[0]): Promise<void> {
      return handle(batch);
    }
  }
  return StockController;
}

/** Starts a Nest microservice on the transport, as an app would. */
export async function startConsumer(handle: BatchHandler, options: ConsumerOptions) {
  const { controllers = [stockController(handle)], ...rest } = options;
  const groupId = options.groupId ?? `group-${Math.random()}`;
  const server = new KafkaBatchServer({
    carries: () => stockCommands,
    retryMinMs: 5,
    retryMaxMs: 20,
    ...rest,
    groupId,
  });
  const app = await NestFactory.createMicroservice(
    { module: class {}, controllers },
    { strategy: server, logger: false, abortOnError: false },
  );
  try {
    await app.listen();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { server, groupId, close: () => app.close() };
}

/** Values for a topic, keyed by order. */
export const records = (count: number, keys = count) => {
  const orders = Array.from({ length: keys }, () => randomUUID());
  return Array.from({ length: count }, (_, at) => {
    const event = releaseStock(orders[at % keys]);
    return { key: event.subject, value: JSON.stringify(event), id: event.id };
  });
};

export const commitStock = (subject: string) =>
  cloudEventOf({ name: 'commit-stock', source: '/spec', subject, data: {}, replyto: replyTopic });
