import type { Money } from '@ringshop/contracts';
import { type KeyRing, open } from '@ringshop/service-defaults';
import { hasExpired, orderIdOf, type PaymentCommand } from '../payments/payment-command.ts';
import { Expired, NoAnswer, type PaymentProvider, type ProviderAnswer } from './payment-provider.ts';

export type ProviderCall = () => Promise<ProviderAnswer>;

/** Turns commands into calls of the provider. An opened payment token lives in the call's closure and nowhere else. */
export class AskProvider {
  readonly #provider: PaymentProvider;
  readonly #keys: KeyRing;

  constructor(provider: PaymentProvider, keys: KeyRing) {
    this.#provider = provider;
    this.#keys = keys;
  }

  /** @throws SealBroken at once, before any call is made; what it returns throws {@link Expired} instead of calling too late */
  first(command: PaymentCommand): ProviderCall {
    const orderId = orderIdOf(command);
    switch (command.name) {
      case 'authorise-payment': {
        const token = open(this.#keys, command.event.data.token, orderId);
        // Asked at the last moment: it may have waited for a slot, or for a look-up that took its time.
        return async () => {
          if (hasExpired(command)) throw new Expired();
          return this.#provider.authorise(orderId, command.event.data.amount, token);
        };
      }
      case 'capture-payment':
        return () => this.#provider.capture(orderId, command.event.data.amount);
      case 'void-payment':
        return async () => freed(orderId, ended(await this.#provider.void(orderId)));
      case 'close-payment':
        return () => this.#close(orderId, command.event.data.amount);
    }
  }

  /** Once more, after a call without an answer: look, and make the same call, by the same key, where that finds nothing. */
  again(command: PaymentCommand): ProviderCall {
    if (command.name !== 'authorise-payment') return this.first(command);
    const orderId = orderIdOf(command);
    return async () => (await this.#provider.lookUp(orderId)) ?? this.first(command)();
  }

  /** What became of a payment that must not be made any more. */
  async found(orderId: string): Promise<ProviderAnswer> {
    const answer = await this.#provider.lookUp(orderId);
    // It may still be under way, in a process or a network that we know nothing of.
    if (!answer) throw new NoAnswer('the payment provider does not know of it yet');
    return answer;
  }

  /**
   * The void decides: after it the provider either has freed the money and refuses a late capture, or says that it was
   * captured, which nothing can undo but a refund. Both are made by key, so a close is made again from its beginning.
   */
  async #close(orderId: string, amount: Money): Promise<ProviderAnswer> {
    const answer = ended(await this.#provider.void(orderId));
    if (answer.status !== 'captured') return answer;
    const refund = await this.#provider.refund(orderId, amount);
    if (refund.status !== 'refunded') throw new NoAnswer(`captured, and now ${refund.status}`);
    return refund;
  }
}

/** Neither declined nor voided is money held: for whoever wants the payment to end they are the same. */
function ended(answer: ProviderAnswer): ProviderAnswer {
  return answer.status === 'declined' ? { status: 'voided' } : answer;
}

/** The saga voids before its pivot and captures after it; both for one order is a mistake that must be seen. */
function freed(orderId: string, answer: ProviderAnswer): ProviderAnswer {
  if (answer.status === 'captured') throw new Error(`order ${orderId} was to be voided after its capture`);
  return answer;
}
