import { cloudEventOf } from '@ringshop/contracts';
import type { Outgoing } from '@ringshop/messaging';
import type { Send } from './turn.ts';

/** Who sends, where the answer is to go, and what it is about. */
export interface Sender {
  source: string;
  replyTo: string;
  subject: string;
  traceparent?: string | undefined;
}

/** What is asked until it is answered, however long that takes, is in no hurry. */
export function envelope({ name, topic, data, expiresAt }: Send, sender: Sender): Outgoing {
  const { source, replyTo, subject, traceparent } = sender;
  const expiresat = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  const event = cloudEventOf({ name, source, subject, data, replyto: replyTo, expiresat, traceparent });
  return { topic, event, unhurried: expiresat === undefined };
}
