import { writeFile } from 'node:fs/promises';
import { asyncApi } from '@ringshop/contracts';
import { openApi } from './openapi.ts';

/** `npm run docs`: writes the documents into docs/, where a review sees that a contract changes. */
const docs = new URL('../../../../docs/', import.meta.url);

await writeFile(new URL('openapi.json', docs), `${JSON.stringify(openApi(), null, 2)}\n`);
await writeFile(new URL('asyncapi.json', docs), `${JSON.stringify(asyncApi(), null, 2)}\n`);
process.stderr.write('wrote docs/openapi.json and docs/asyncapi.json\n');
