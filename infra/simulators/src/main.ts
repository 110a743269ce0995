import { readConfig } from './config.ts';
import { simulators } from './simulators.ts';

try {
  const config = readConfig(process.env);
  const app = await simulators(config);
  const url = await app.listen({ host: config.HOST, port: config.PORT });
  process.stdout.write(`simulators ready on ${url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      app.close().then(
        () => process.exit(0),
        (error) => fail(error),
      );
    });
  }
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  process.stderr.write(`simulators: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
