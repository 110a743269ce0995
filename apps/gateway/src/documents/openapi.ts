import { createDocument } from 'zod-openapi';
import { operatorPaths } from './operator-operations.ts';
import { publicPaths } from './public-operations.ts';

const description = `Every call but health needs a bearer token; its \`sub\` is the customer. Errors are problem details
(RFC 9457) with a stable \`code\`. Limits, and what each status means, are in docs/http-api.md.`;

/** The HTTP API, from the schemas that the routes check with. */
export const openApi = (): ReturnType<typeof createDocument> =>
  createDocument({
    openapi: '3.1.1',
    info: { title: 'Ringshop', version: '1.0.0', description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: 'http://127.0.0.1:8080', description: 'the gateway, locally' }],
    security: [{ bearer: [] }],
    paths: { ...publicPaths, ...forOperators() },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  });

/** On another listener, which is never public. */
function forOperators(): typeof operatorPaths {
  const servers = [
    { url: 'http://127.0.0.1:8081', description: 'the operator listener, locally; needs the operator role' },
  ];
  return Object.fromEntries(Object.entries(operatorPaths).map(([path, item]) => [path, { ...item, servers }]));
}
