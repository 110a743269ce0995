import { postgresPassword } from '@ringshop/servers';
import type { Ports } from './ports.ts';

/** The server as its administrator. */
export const postgresUrl = (ports: Ports) =>
  `postgresql://postgres:${postgresPassword}@127.0.0.1:${ports('postgres')}/postgres`;

export const redisUrl = (ports: Ports) => `redis://127.0.0.1:${ports('redis')}`;

export const kafkaBrokers = (ports: Ports) => `127.0.0.1:${ports('kafka')}`;
