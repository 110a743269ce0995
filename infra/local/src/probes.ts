import { get } from 'node:http';

/** Within which a part answers, or counts as degraded. */
const patienceMs = 1_500;

/** Asks a service whether it takes work. Plain `node:http`: the runner stays for days, and `fetch` would cost it 30 MB. */
export function isReady(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/health/ready`, { timeout: patienceMs, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', reject);
  });
}
