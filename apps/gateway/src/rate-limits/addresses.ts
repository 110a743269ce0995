import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** `10.0.0.7,10.1.0.0/16,fd00::/8`: the proxies whose word on who called them counts. */
export const proxies = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.every((entry) => ipaddr.isValidCIDR(entry) || isAddress(entry))) return entries;
  context.addIssue('must be IP addresses or CIDR blocks, separated by commas');
  return z.NEVER;
});

/**
 * What counts as one address: an IPv4 address, or the /64 that an IPv6 address lies in, because who has one address of such
 * a network has all 2^64. A proxy that hands on what is no address at all is counted as a whole: as one.
 */
export function addressOf(ip: string): string {
  if (!isAddress(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  const parts = (address as ipaddr.IPv6).parts.slice(0, 4);
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`;
}

// The library also takes `1` and `0x7f.1`.
const isAddress = (text: string) => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
