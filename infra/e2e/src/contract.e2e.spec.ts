import { randomUUID } from 'node:crypto';
import { eventually } from '@ringshop/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Customer } from './customer.ts';
import { operatorCommand } from './operator-command.ts';
import { proveDocument } from './schemathesis.ts';
import { Shop } from './shop.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the outside contract, on the whole system', () => {
  let shop: Shop;
  let ada: Customer;
  let bob: Customer;

  beforeAll(async () => {
    shop = await Shop.open({
      env: { 'payment-1': { PROVIDER_TIMEOUT_MS: '1500' }, gateway: { JWKS_MAX_AGE_MS: '600' } },
    });
    [ada, bob] = await Promise.all([shop.customer(), shop.customer()]);
  });
  afterAll(() => shop?.close());

  describe('placing', () => {
    it('answers 201 with the confirmed order when it waits', async () => {
      const { status, headers, body } = await ada.place({
        lines: [
          { sku: 'SKU-0001', quantity: 2 },
          { sku: 'SKU-0002', quantity: 1 },
        ],
      });
      expect(status).toBe(201);
      expect(headers.get('location')).toBe(`/v1/orders/${body.orderId}`);
      expect(body).toEqual({
        orderId: expect.stringMatching(uuid),
        customerId: ada.id,
        status: 'confirmed',
        lines: [
          { sku: 'SKU-0001', quantity: 2, unitPrice: { amount: expect.any(Number), currency: 'EUR' } },
          { sku: 'SKU-0002', quantity: 1, unitPrice: { amount: expect.any(Number), currency: 'EUR' } },
        ],
        total: {
          amount: 2 * body.lines[0].unitPrice.amount + body.lines[1].unitPrice.amount,
          currency: 'EUR',
        },
        placedAt: expect.any(String),
        updatedAt: expect.any(String),
        version: expect.any(Number),
      });
    });

    it('answers 202 at once without the wait, and the order becomes terminal', async () => {
      const placed = await ada.place({ wait: 0 });
      expect(placed.status).toBe(202);
      expect(placed.headers.get('location')).toBe(`/v1/orders/${placed.body.orderId}`);
      expect(placed.body.status).toBe('pending');
      await eventually(async () => (await ada.get(`/v1/orders/${placed.body.orderId}`)).body.status === 'confirmed');
    });

    it.each([
      ['an empty shelf', { lines: [{ sku: 'SKU-0910', quantity: 1 }] }, 'out-of-stock'],
      ['an unknown SKU', { lines: [{ sku: 'SKU-9999', quantity: 1 }] }, 'unknown-sku'],
      ['a changed price', { body: { expectedTotal: { amount: 1, currency: 'EUR' } } }, 'price-changed'],
      ['a declined payment', { token: 'tok_decline' }, 'payment-declined'],
      ['too little money', { token: 'tok_insufficient_funds.x1' }, 'payment-declined'],
    ])('tells the reason of a refusal: %s', async (_what, placing, reason) => {
      const { status, body } = await ada.place(placing);
      expect(status).toBe(201);
      expect(body).toMatchObject({ status: 'rejected', reason });
    });

    it.each(['tok_flaky', 'tok_slow', 'tok_capture_fails_10', 'tok_timeout_charged.x7'])(
      '%s ends confirmed',
      async (token) => {
        const { body } = await ada.place({ token, wait: 0 });
        await eventually(async () => (await ada.get(`/v1/orders/${body.orderId}`)).body.status === 'confirmed', {
          within: 30_000,
        });
      },
    );

    it('tok_timeout_uncharged ends rejected as timed-out, or confirmed by a safe replay', async () => {
      const { body } = await ada.place({ token: 'tok_timeout_uncharged', wait: 0 });
      const order = await eventually(
        async () => {
          const answer = await ada.get(`/v1/orders/${body.orderId}`);
          return answer.body.status !== 'pending' && answer.body;
        },
        { within: 30_000 },
      );
      expect(['confirmed', 'rejected']).toContain(order.status);
      if (order.status === 'rejected') expect(order.reason).toBe('timed-out');
    });
  });

  describe('idempotency (acceptance 60)', () => {
    it('a repeated key answers the same order with its state now', async () => {
      const key = randomUUID();
      const first = await ada.place({ key, wait: 0 });
      const again = await ada.place({ key });
      expect(first.status).toBe(202);
      expect(again.body.orderId).toBe(first.body.orderId);
      expect(again.headers.get('location')).toBe(first.headers.get('location'));
      expect(again.body.status).toBe('confirmed');
    });

    it('fifty at once with one key are one order', async () => {
      const key = randomUUID();
      const answers = await Promise.all(Array.from({ length: 50 }, () => bob.place({ key })));
      const created = answers.filter(({ status }) => status === 201);
      expect(new Set(created.map(({ body }) => body.orderId)).size).toBe(1);
      for (const { status, body } of answers)
        expect([status, body.code]).toBeOneOf([
          [201, undefined],
          [409, 'idempotency-key-in-use'],
        ]);
    });

    it('the same key with another body is refused, and the same key of another customer is another order', async () => {
      const key = randomUUID();
      const first = await ada.place({ key });
      const other = await ada.place({ key, lines: [{ sku: 'SKU-0003', quantity: 1 }] });
      expectProblem(other, 422, 'idempotency-key-reused');
      const foreign = await bob.place({ key });
      expect(foreign.status).toBe(201);
      expect(foreign.body.orderId).not.toBe(first.body.orderId);
    });
  });

  describe('reading', () => {
    it('lists one’s own orders, newest first, page by page', async () => {
      const eve = await shop.customer();
      const placed: string[] = [];
      for (let n = 0; n < 5; n++) placed.push((await eve.place({ wait: 0 })).body.orderId);
      const listed: string[] = [];
      let cursor = '';
      do {
        const { body } = await eve.get(`/v1/orders?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        listed.push(...body.items.map((order: { orderId: string }) => order.orderId));
        cursor = body.nextCursor ?? '';
      } while (cursor);
      expect(listed).toEqual(placed.reverse());
    });

    it('pages through the products and reads one', async () => {
      const { status, body } = await ada.get('/v1/products?limit=3');
      expect(status).toBe(200);
      expect(body.items.map((product: { sku: string }) => product.sku)).toEqual(['SKU-0001', 'SKU-0002', 'SKU-0003']);
      const next = await ada.get(`/v1/products?limit=3&cursor=${encodeURIComponent(body.nextCursor)}`);
      expect(next.body.items[0].sku).toBe('SKU-0004');
      const one = await ada.get('/v1/products/SKU-0900');
      expect(one.body).toMatchObject({
        sku: 'SKU-0900',
        price: { amount: expect.any(Number), currency: 'EUR' },
        available: 100,
      });
      expectProblem(await ada.get('/v1/products/SKU-9999'), 404, 'not-found');
    });

    it('tells an order’s story in order', async () => {
      const { body } = await ada.place({ token: 'tok_decline' });
      const story = await eventually(async () => {
        const { body: timeline } = await ada.get(`/v1/orders/${body.orderId}/timeline`);
        return (
          timeline.some((entry: { detail?: string; what: string }) =>
            JSON.stringify(entry).includes('stock-released'),
          ) && timeline
        );
      });
      const text = story.map((entry: object) => JSON.stringify(entry)).join('\n');
      const order = [
        'reserve-stock',
        'stock-reserved',
        'authorise-payment',
        'payment-declined',
        'release-stock',
        'stock-released',
      ];
      const positions = order.map((word) => text.indexOf(word));
      expect(positions).not.toContain(-1);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(text).not.toContain('tok_decline');
      for (const entry of story)
        expect(entry).toEqual({ at: expect.any(String), what: expect.any(String), detail: expect.anything() });
    });

    it('streams an order’s events until it is terminal, then closes', async () => {
      const { body } = await ada.place({ wait: 0 });
      const stream = await ada.get(`/v1/orders/${body.orderId}/events`);
      expect(stream.headers.get('content-type')).toContain('text/event-stream');
      const states = [...stream.body.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!).status);
      expect(states.at(-1)).toBe('confirmed');
    });

    it('every part says that it lives and is ready', async () => {
      for (const { url, kind } of (await shop.system.status()).parts) {
        if (!url?.startsWith('http')) continue;
        for (const path of ['/health/live', '/health/ready'])
          expect([kind, (await fetch(url + path)).status]).toEqual([kind, 200]);
      }
    });
  });

  describe('another customer’s token (acceptance 54)', () => {
    it('finds nothing on any route, method or id, and lists never leak', async () => {
      const key = randomUUID();
      const { body } = await ada.place({ key });
      for (const path of ['', '/timeline', '/events', '/ship-to', '/cancel']) {
        for (const method of ['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'POST']) {
          const { status } = await bob.call(method, `/v1/orders/${body.orderId}${path}`, {
            headers: { 'idempotency-key': key },
          });
          expect([method, path, status]).toEqual([method, path, 404]);
        }
      }
      expectProblem(await bob.get(`/v1/orders/${body.orderId}`), 404, 'not-found');
      const { body: list } = await bob.get('/v1/orders?limit=100');
      expect(JSON.stringify(list)).not.toContain(ada.id);
    });
  });

  describe('tokens (acceptance 55)', () => {
    it.each([
      ['expired', { expiresIn: -120 }],
      ['for another audience', { audience: 'another-shop' }],
      ['of another issuer', { issuer: 'http://elsewhere.example' }],
    ])('one that is %s is 401', async (_what, options) => {
      const token = await shop.token(options);
      const response = await fetch(`${shop.gatewayUrl}/v1/orders`, { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
    });

    it('none at all is 401, and a header that names a user changes nothing', async () => {
      const response = await fetch(`${shop.gatewayUrl}/v1/orders`, {
        headers: { 'x-user-id': ada.id, 'x-customer-id': ada.id },
      });
      expect(response.status).toBe(401);
      const { body } = await ada.place();
      const posing = await bob.call('GET', `/v1/orders/${body.orderId}`, {
        headers: { 'x-user-id': ada.id, 'x-customer-id': ada.id, 'x-principal': ada.id },
      });
      expect(posing.status).toBe(404);
    });

    it('one of a new key is good at once, and bad once that key is withdrawn; the others stay good', async () => {
      const keys = `${shop.urlOf('simulators')}/identity/keys`;
      const { kid } = (await (await fetch(`${keys}/rotate`, { method: 'POST' })).json()) as { kid: string };
      const carol = await shop.customer();
      expect((await carol.place()).status).toBe(201);
      expect((await fetch(`${keys}/${kid}`, { method: 'DELETE' })).status).toBe(204);
      await eventually(async () => (await carol.get('/v1/orders')).status === 401, { what: 'the key to be refused' });
      expect((await ada.get('/v1/orders')).status).toBe(200);
    });

    it('an operator sets stock under their own name, which is on record', async () => {
      const who = randomUUID();
      const set = await operatorCommand(shop, 'stock', ['set', 'SKU-0919', '7', '--as', who]);
      expect(set).toMatchObject({ code: 0, out: 'SKU-0919: 0 → 7 available\n' });
      const log = await operatorCommand(shop, 'operators', ['log', '--json']);
      const record = { who, what: 'set-stock', to: 'SKU-0919', detail: '0 → 7', where: 'inventory' };
      expect(JSON.parse(log.out)).toContainEqual({ at: expect.any(String), ...record });
    });
  });

  describe('bad input (acceptance 56, 57)', () => {
    const good = {
      lines: [{ sku: 'SKU-0001', quantity: 1 }],
      payment: { token: 'tok_approve' },
      shipTo: { name: 'A', address: 'B' },
    };
    const line = (patch: object) => ({ ...good, lines: [{ ...good.lines[0], ...patch }] });

    it.each([
      ['a price', line({ unitPrice: { amount: 1, currency: 'EUR' } })],
      ['a total', { ...good, total: { amount: 1, currency: 'EUR' } }],
      ['a status', { ...good, status: 'confirmed' }],
      ['a customer', { ...good, customerId: randomUUID() }],
      ['a prototype key', JSON.stringify(good).replace('{', '{"__proto__":{"status":"confirmed"},')],
      ['quantity 0', line({ quantity: 0 })],
      ['quantity 1001', line({ quantity: 1001 })],
      ['a fraction', line({ quantity: 1.5 })],
      ['a number as text', line({ quantity: '1' })],
      ['no lines', { ...good, lines: [] }],
      ['101 lines', { ...good, lines: Array.from({ length: 101 }, (_, n) => ({ sku: `S${n}`, quantity: 1 })) }],
      ['a SKU of 65 characters', line({ sku: 'S'.repeat(65) })],
      ['a fraction of a cent', { ...good, expectedTotal: { amount: 1.5, currency: 'EUR' } }],
      ['no JSON', '{"lines":'],
      ['a list', '[]'],
    ])('%s is 400 and has no effect', async (_what, body) => {
      const mallory = await shop.customer();
      const answer = await mallory.call('POST', '/v1/orders', { headers: { 'idempotency-key': randomUUID() }, body });
      expectProblem(answer, 400, 'validation-failed');
      expect((await mallory.get('/v1/orders')).body.items).toEqual([]);
    });

    it('names the field', async () => {
      const answer = await ada.call('POST', '/v1/orders', {
        headers: { 'idempotency-key': 'k1' },
        body: line({ quantity: 0 }),
      });
      expect(JSON.stringify(answer.body)).toContain('lines.0.quantity');
    });

    it.each([
      ['no key', {}],
      ['an empty key', { 'idempotency-key': '' }],
      ['a key of 256 characters', { 'idempotency-key': 'k'.repeat(256) }],
      ['a wait that is no number', { 'idempotency-key': 'k2', prefer: 'wait=soon' }],
    ])('%s is 400', async (_what, headers) => {
      expectProblem(await ada.call('POST', '/v1/orders', { headers, body: good }), 400, 'validation-failed');
    });

    it.each(['/v1/orders?limit=0', '/v1/orders?limit=101', '/v1/orders?cursor=nonsense', '/v1/products?limit=x'])(
      '%s is 400',
      async (path) => {
        expectProblem(await ada.get(path), 400, 'validation-failed');
      },
    );

    it('an id that is none is 404, and so is a route that is none', async () => {
      expectProblem(await ada.get('/v1/orders/not-an-id'), 404, 'not-found');
      expectProblem(await ada.get(`/v1/orders/${randomUUID()}`), 404, 'not-found');
      expectProblem(await ada.get('/v1/nothing'), 404, 'not-found');
    });

    it('a body that is too large is 413', async () => {
      const answer = await ada.call('POST', '/v1/orders', {
        headers: { 'idempotency-key': 'k3' },
        body: 'x'.repeat(2_000_000),
      });
      expectProblem(answer, 413, 'too-large');
    });
  });

  describe('strings that are code somewhere (acceptance 58)', () => {
    it.each([
      "'; DROP TABLE orders; --",
      "' OR '1'='1",
      '$1::text || pg_sleep(10)',
      '{{7*7}} <%= 7*7 %>',
      '\\x27; FLUSHALL',
      '%00%27',
    ])('%s is only a string', async (text) => {
      const mallory = await shop.customer();
      const { status, body } = await mallory.place({
        key: text,
        token: text,
        lines: [{ sku: text, quantity: 1 }],
        body: { shipTo: { name: text, address: text } },
      });
      expect([status, body.status, body.reason]).toEqual([201, 'rejected', 'unknown-sku']);
      expect(body.lines).toEqual([{ sku: text, quantity: 1 }]);
      const { body: list } = await mallory.get('/v1/orders');
      expect(list.items.map((order: { orderId: string }) => order.orderId)).toEqual([body.orderId]);
      const escaped = encodeURIComponent(text);
      expectProblem(await mallory.get(`/v1/products/${escaped}`), 404, 'not-found');
      expectProblem(await mallory.get(`/v1/orders/${escaped}`), 404, 'not-found');
      for (const query of [`cursor=${escaped}`, `limit=${escaped}`, `sort=${escaped}`, `status=${escaped}`])
        expectProblem(await mallory.get(`/v1/orders?${query}`), 400, 'validation-failed');
    });
  });

  it('no answer is a 5xx or undocumented, whatever schemathesis makes of the OpenAPI document', async () => {
    const document = `${shop.status.operator}/openapi.json`;
    const [customer, operator] = await Promise.all([shop.token(), shop.token({ role: 'operator' })]);
    const results = await Promise.all([
      proveDocument({ document, url: shop.gatewayUrl, token: customer, paths: /^\/(v1\/(orders|products)|health)/ }),
      proveDocument({
        document,
        url: shop.status.operator,
        token: operator,
        paths: /^\/v1\/(stock|sagas|customers|keys)/,
      }),
    ]);
    expect(results.filter(({ ok }) => !ok).map(({ report }) => report)).toEqual([]);
    for (const { report } of results) expect(report).toMatch(/\d{2,} generated, \d{2,} passed/);
  });

  it('all of that was done by roles that are no administrator', async () => {
    const admin = new pg.Client({ connectionString: shop.status.postgres.url });
    await admin.connect();
    const { rows } = await admin.query<{ at: string }>(
      `SELECT DISTINCT format('%s as %s', datname, usename) AS at FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname <> 'placement' ORDER BY 1`,
    );
    await admin.end();
    const own = ['inventory as inventory', 'order_1 as order_1', 'order_2 as order_2', 'payment as payment'];
    expect(rows.map(({ at }) => at)).toEqual(own);
  });

  it('and afterwards everything adds up', () => shop.adds());
});

function expectProblem({ status, headers, body }: Answer, expected: number, code: string) {
  expect([status, body.code]).toEqual([expected, code]);
  expect(headers.get('content-type')).toContain('application/problem+json');
}
