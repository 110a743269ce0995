import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

interface Volume {
  source: string;
  read_only?: boolean;
  volume?: { subpath?: string };
}

interface Service {
  image: string;
  profiles?: string[];
  network_mode?: string;
  entrypoint?: string[];
  build?: object;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  privileged?: boolean;
  ports?: string[];
  env_file?: string;
  environment: Record<string, unknown>;
  volumes?: (string | Volume)[];
}

const services = Object.entries<Service>(parse(read('docker-compose.yml'), { merge: true }).services);
const ours = services.filter(([, { build }]) => build);

describe('docker-compose.yml (acceptance 66)', () => {
  it('has services of ours and of others to look at', () => {
    expect(ours.length).toBeGreaterThan(6);
    expect(services.length - ours.length).toBe(4);
  });

  it('has two replicas of each shard', () => {
    const replicas = Map.groupBy(ours, ([, { environment }]) => environment.SHARD);
    replicas.delete(undefined);
    expect([...replicas.values()].map(({ length }) => length)).toEqual([2, 2]);
  });

  it.each(services)('%s is not root, cannot become it, and has a root folder that it cannot write to', (_, service) => {
    expect(service.user).toMatch(/^(node|postgres|redis|appuser|k6)$/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.privileged ?? false).toBe(false);
  });

  it.each(services)('%s is published on the loopback address only', (_, { ports = [] }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(ours)('%s is shown its own secrets, for reading, or makes them', (name, { volumes = [], environment }) => {
    const secrets = volumes.filter((each) => (typeof each === 'string' ? each : each.source).startsWith('secrets'));
    if (name === 'setup') return expect(secrets).toEqual(['secrets:/data/secrets']);
    if (name === 'simulators') return expect(secrets).toEqual([]);
    const folders = environment.SHARD ? [environment.SHARD, 'personal-data'] : [name.replace(/-\d+$/, '')];
    expect(secrets).toMatchObject(
      folders.map((folder) => ({ read_only: true, volume: { subpath: `secrets/${folder}` } })),
    );
  });

  it.each(ours)('%s is let have what may be set of its kind, and Compose itself sets none of it', (name, service) => {
    if (name === 'setup') return expect(service.env_file).toBeUndefined();
    expect(service.env_file).toBe(`infra/configuration/${name.replace(/(-\d+)+$/, '')}.env`);
    const settings = read(service.env_file!).match(/^[A-Z0-9_]+$/gm)!;
    expect(settings).toContain(name === 'simulators' ? 'PAYMENT_LATENCY_MS' : 'LOG_LEVEL');
    expect(Object.keys(service.environment).filter((variable) => settings.includes(variable))).toEqual([]);
  });

  it.each(ours)('%s has no password and no key in its environment', (name, { environment }) => {
    const told = Object.entries(environment).filter(([, value]) => /:\/\/[^/]*:[^/]*@|^k\d+:/.test(String(value)));
    // Setup is the administrator, and its password here is good for this machine alone.
    expect(told.map(([variable]) => variable)).toEqual(name === 'setup' ? ['RINGSHOP_POSTGRES_URL'] : []);
  });
});

describe('the load generator', () => {
  const { profiles, image, network_mode, volumes, entrypoint } = Object.fromEntries(services).k6!;

  it('comes only when it is asked for, and talks to the loopback of a service that is there', () => {
    expect(profiles).toEqual(['load']);
    expect(services.map(([name]) => `service:${name}`)).toContain(network_mode);
  });

  it('is the version that npm run load uses, and is shown its scripts, for reading', () => {
    expect(read('infra/load/src/find-k6.ts')).toContain(`const version = '${image.replace('grafana/k6:', '')}'`);
    expect(volumes).toEqual(['./infra/load/k6:/load:ro']);
  });

  it('takes the name of a scenario, and then options of k6', () => {
    // As a shell would: what k6 is told comes out instead of a run.
    const [shell, c, line] = entrypoint!;
    const script = line!.replaceAll('$$', '$').replace('exec k6', 'echo');
    const told = execFileSync(shell!, [c!, script, 'steady', '-e', 'PEAK=300'], { encoding: 'utf8' });
    expect(told).toMatch(/^run .* -e PEAK=300 \/load\/steady\.js\n$/);
  });
});

describe('infra/Dockerfile', () => {
  const last = read('infra/Dockerfile')
    .split(/^FROM /m)
    .at(-1)!;

  it('ends as a user that is not root', () => {
    expect(last.match(/^USER .+$/gm)?.at(-1)).toBe('USER node');
  });

  it('runs nobody’s install scripts', () => {
    const installs = read('infra/Dockerfile').match(/npm (ci|i|install)\b.*/g)!;
    expect(installs.filter((line) => !line.includes('--ignore-scripts'))).toEqual([]);
    expect(installs.length).toBeGreaterThan(0);
  });
});
