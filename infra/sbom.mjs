// npm run sbom: what is installed here, with versions, hashes and licences, as a CycloneDX document. Works offline after npm ci.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const help = `usage: npm run -s sbom [-- options]

Prints a software bill of materials (CycloneDX 1.5, JSON) of what npm ci installed. What only builds and tests need is marked
so (cdx:npm:package:development).

  --out <file>  write it there instead`;

const root = new URL('..', import.meta.url).pathname;

function bill() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  if (status !== 0) throw new Error(error?.message ?? `npm sbom: ${stderr.trim().split('\n')[0]} (run npm ci first)`);
  const document = JSON.parse(stdout);
  // npm calls it by the folder it lies in.
  document.metadata.component.name = JSON.parse(readFileSync(`${root}package.json`, 'utf8')).name;
  return `${JSON.stringify(document, null, 2)}\n`;
}

try {
  const options = { help: { type: 'boolean' }, out: { type: 'string' } };
  const { values } = parseArgs({ options });
  if (values.help) console.log(help);
  else if (values.out) writeFileSync(values.out, bill());
  else process.stdout.write(bill());
} catch (error) {
  console.error(`sbom: ${error.message.split('\n')[0]}`);
  process.exitCode = 1;
}
