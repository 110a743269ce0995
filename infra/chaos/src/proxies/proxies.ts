import type { ProxiedServer } from '@ringshop/local';
import type { Link } from './link.ts';
import { ProviderProxy } from './provider-proxy.ts';
import { TcpProxy } from './tcp-proxy.ts';

/** One proxy before each server that the apps talk to. The simulators' plays the way to the payment provider. */
export class Proxies {
  readonly #links = new Map<string, Link>();
  provider: ProviderProxy | undefined;

  /** For `startSystem`. */
  readonly open = async (server: ProxiedServer, port: number): Promise<number> => {
    if (server !== 'simulators') {
      const link = await TcpProxy.before(port);
      this.#links.set(server, link);
      return link.port;
    }
    this.provider = await ProviderProxy.before(port);
    this.#links.set('provider', this.provider);
    return this.provider.port;
  };

  /** `postgres`, `redis`, `kafka` or `provider`. */
  to(name: string): Link {
    const link = this.#links.get(name);
    if (!link) throw new Error(`no proxy stands before ${name}`);
    return link;
  }

  /** Nothing is broken any more. Connections that lost bytes end, so that nobody waits on them. */
  heal(): void {
    this.provider?.duplicate(undefined);
    for (const link of this.#links.values()) {
      link.delay(0);
      link.swallow('nothing');
      link.cut('deaf');
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}
