import { writeFile } from 'node:fs/promises';
import { documents, repository } from './documents.ts';

/** The second of the three that `npm run docs` runs. */
const written = await documents();
for (const [path, text] of written) await writeFile(new URL(path, repository), text);
process.stderr.write(`wrote ${[...written.keys()].join(', ')}\n`);
