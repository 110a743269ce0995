const headEnd = Buffer.from('\r\n\r\n');

/**
 * Cuts the bytes of a connection into whole HTTP/1.1 requests, each with the bytes it came in. It knows bodies by their
 * Content-Length, which is how the payment service sends them.
 */
export function cutIntoRequests(onRequest: (request: Buffer) => void): (bytes: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    for (;;) {
      const head = waiting.indexOf(headEnd);
      if (head < 0) return;
      const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(waiting.toString('latin1', 0, head)) ?? [];
      const end = head + headEnd.length + Number(length);
      if (waiting.length < end) return;
      onRequest(waiting.subarray(0, end));
      waiting = waiting.subarray(end);
    }
  };
}
