import { until } from '@ringshop/servers';
import { findRunner, type Runner } from './claim.ts';
import { Refused } from './options.ts';
import { type NothingRuns, nothingRuns, type StatusJson } from './status.ts';

/** The state of the system in a folder, whether one runs or not. */
export async function readStatus(dir: string): Promise<StatusJson | NothingRuns> {
  const runner = await findRunner(dir);
  if (!runner?.controlUrl) return nothingRuns;
  try {
    return (await ask(runner, 'GET', '/status')) as StatusJson;
  } catch (error) {
    // It ended between the two questions, which is no failure of ours.
    if (await findRunner(dir)) throw error;
    return nothingRuns;
  }
}

export async function stopPart(dir: string, name: string, { kill = false } = {}): Promise<{ wasRunning: boolean }> {
  const path = `/parts/${encodeURIComponent(name)}/stop?kill=${kill ? 1 : 0}`;
  return (await ask(await theRunner(dir), 'POST', path)) as { wasRunning: boolean };
}

export async function restartPart(dir: string, name: string, { kill = false } = {}): Promise<void> {
  await ask(await theRunner(dir), 'POST', `/parts/${encodeURIComponent(name)}/restart?kill=${kill ? 1 : 0}`);
}

/** Ends the whole system and waits until it has. */
export async function stopSystem(dir: string): Promise<void> {
  await ask(await theRunner(dir), 'POST', '/stop');
  await until(async () => !(await findRunner(dir)), { within: 90_000, every: 100, what: 'the end of the system' });
}

async function theRunner(dir: string): Promise<Runner> {
  const runner = await findRunner(dir);
  if (runner?.controlUrl) return runner;
  throw new Refused('ringshop is not running; npm start starts it');
}

async function ask({ controlUrl, token }: Runner, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const response = await fetch(controlUrl + path, { method, headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  if (response.status === 409) throw new Refused(text);
  if (!response.ok) throw new Error(`the runner answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
