import type { Evidence, Invariant, Violation } from './evidence.ts';

/** Asks with a stranger's token for the probe order, in every way there is; and without any token. */
export const noForeignData: Invariant = {
  id: 'I10',
  title: "no response holds another customer's data",
  async check({ probe }) {
    const paths = ['', '/timeline', '/events', '/ship-to'].map((suffix) => `/v1/orders/${probe.orderId}${suffix}`);
    const refusals = await Promise.all(paths.map((path) => refused(probe, path)));
    const others = await Promise.all([listed(probe), keyTaken(probe), anonymous(probe)]);
    const violations = [...refusals, ...others].filter((violation) => violation !== undefined);
    return { checked: refusals.length + others.length, violations };
  },
};

type Probe = Evidence['probe'];

async function refused({ stranger }: Probe, path: string): Promise<Violation | undefined> {
  const { status } = await stranger.ask(path);
  return status === 404 ? undefined : { subject: path, problem: `a stranger was answered with ${status}` };
}

async function listed({ stranger, orderId }: Probe): Promise<Violation | undefined> {
  const answer = await stranger.ask('/v1/orders?limit=100');
  const seen = (await answer.text()).includes(orderId);
  return seen ? { subject: '/v1/orders', problem: `a stranger's list holds ${orderId}` } : undefined;
}

/** The key belongs to its customer: for a stranger it is a new one. */
async function keyTaken({ stranger, order, key, orderId }: Probe): Promise<Violation | undefined> {
  const answer = await stranger.place(order, key);
  const body = await answer.text();
  if (answer.ok && !body.includes(orderId)) return undefined;
  return { subject: 'POST /v1/orders', problem: `a stranger's use of the same key gave ${answer.status}` };
}

async function anonymous({ owner, orderId }: Probe): Promise<Violation | undefined> {
  const path = `/v1/orders/${orderId}`;
  const { status } = await owner.ask(path, { headers: { authorization: '' } });
  return status === 401
    ? undefined
    : { subject: path, problem: `asked without a token, it was answered with ${status}` };
}
