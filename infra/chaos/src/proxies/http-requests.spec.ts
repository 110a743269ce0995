import { expect, it } from 'vitest';
import { cutIntoRequests } from './http-requests.ts';

const post = 'POST /payments/authorise HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"amount":1}';
const get = 'GET /payments/by-key/k HTTP/1.1\r\nhost: x\r\n\r\n';

it.each([1, 7, 40, 1_000])('finds whole requests in pieces of %i bytes, and their bytes unchanged', (size) => {
  const found: string[] = [];
  const hear = cutIntoRequests((request) => found.push(request.toString()));
  const bytes = Buffer.from(post + get + post + post.slice(0, -1));
  for (let at = 0; at < bytes.length; at += size) hear(bytes.subarray(at, at + size));
  expect(found).toEqual([post, get, post]);
});
