import type { Child } from '@ringshop/servers';
import type { Arm, Bench } from '../arms/arm.ts';
import { type Peer, PeerArm, stopPeer } from './peer-arm.ts';
import { PeerShop } from './peer-shop.ts';

/**
 * A shop of its own for a peer, and the peer on it. Each process goes into `parts` as soon as it runs: where a later one does not
 * start, those before it are stopped again.
 */
export async function openPeer(
  bench: Bench,
  name: string,
  start: (shop: PeerShop, parts: Record<string, Child>) => Promise<Omit<Peer, 'name' | 'parts'>>,
): Promise<Arm> {
  const parts: Record<string, Child> = {};
  const shop = await PeerShop.open(name, bench);
  try {
    return new PeerArm(bench, shop, { ...(await start(shop, parts)), name, parts });
  } catch (error) {
    await stopPeer(shop, parts);
    throw error;
  }
}
