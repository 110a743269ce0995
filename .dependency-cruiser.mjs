/**
 * The fences between the rooms of this repository, each with the reason a person would give.
 * `npm run lint` checks them; infra/fences proves with planted imports that each one is live.
 */
const lib = (name) => `^libs/shared/${name}/`;
const allow = (...names) => names.map(lib);
const npm = (...names) => names.map((name) => `node_modules/${name}/`);
/** Specs, and the kits that only specs use. */
const specs = '\\.(spec|kit)\\.ts$';

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'In a circle nothing can be read, tested or moved alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'apps-never-each-other',
      comment: 'Services share messages, not code: an import between apps is a deployment that must happen at once.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-apps',
      comment: 'A lib that knows an app serves that app only.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'products-never-infra',
      comment:
        'What runs in production must not need what runs it on a laptop. (libs/shared/testing is for tests, and starts the same servers.)',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [specs, lib('testing')] },
      to: { path: '^infra/' },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'Fault kits and throw-away servers never reach a service.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [specs, lib('testing')] },
      to: { path: lib('testing') },
    },
    {
      name: 'contracts-know-nothing',
      comment: 'Contracts are what everybody agrees on; they can depend on nobody.',
      severity: 'error',
      from: { path: lib('contracts'), pathNot: specs },
      to: { path: '^(libs|apps|infra)/', pathNot: lib('contracts') },
    },
    {
      name: 'placement-is-pure',
      comment: 'The same history must give the same map everywhere: no I/O, no framework, no other lib.',
      severity: 'error',
      from: { path: lib('placement'), pathNot: specs },
      to: { path: ['^(libs|apps|infra)/', 'node_modules/'], pathNot: lib('placement') },
    },
    {
      name: 'saga-knows-contracts-and-messaging',
      comment: 'The engine must not know what an order is, nor which broker or framework carries its messages.',
      severity: 'error',
      from: { path: lib('saga'), pathNot: specs },
      to: { path: ['^(libs|apps|infra)/'], pathNot: allow('saga', 'contracts', 'messaging', 'service-defaults') },
    },
    {
      name: 'saga-without-broker-or-framework',
      comment: 'The saga core is plain data and functions; kafkajs, ioredis and Nest would tie it to a host.',
      severity: 'error',
      from: { path: lib('saga'), pathNot: specs },
      to: { path: npm('kafkajs', 'ioredis', '@nestjs', 'typeorm') },
    },
    {
      name: 'participants-never-saga',
      comment: 'Inventory and payment answer commands; that a saga sends them is none of their business.',
      severity: 'error',
      from: { path: '^apps/(inventory|payment|gateway)/' },
      to: { path: lib('saga') },
    },
    {
      name: 'gateway-holds-no-state',
      comment:
        'The gateway is what the internet sees: no database, no broker, no credentials to steal. What it has in Redis it can do without, copies of products and counts of requests: it asks through `askRedis`, which never waits for a Redis that is away.',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: specs },
      to: {
        path: [
          ...npm('typeorm', 'pg', 'kafkajs', 'ioredis', '@nestjs/typeorm', '@nestjs/microservices'),
          lib('messaging'),
          lib('saga'),
        ],
      },
    },
    {
      name: 'kafkajs-behind-messaging',
      comment: 'kafkajs loses messages when used naively; its guards live in one place.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [specs, lib('messaging'), lib('testing')] },
      to: { path: npm('kafkajs') },
    },
    ...[
      ['runtime', []],
      ['http', ['runtime']],
      ['overload', ['runtime', 'http']],
      ['trust', ['runtime', 'http']],
      ['stores', ['runtime']],
    ].map(([room, below]) => ({
      name: `service-defaults-${room}`,
      comment: 'Its rooms lie one above the other; `service`, which puts a process together, is above all of them.',
      severity: 'error',
      from: { path: `${lib('service-defaults')}src/${room}/`, pathNot: specs },
      to: {
        path: lib('service-defaults'),
        pathNot: [room, ...below].map((each) => `${lib('service-defaults')}src/${each}/`),
      },
    })),
    {
      name: 'through-the-front-door',
      comment: 'A package is used by its index (or a named subpath), never by a file inside it.',
      severity: 'error',
      from: { path: '^(apps|libs/shared|infra)/([^/]+)/' },
      to: {
        path: '^(apps|libs/shared|infra)/([^/]+)/src/.+',
        pathNot: ['^$1/$2/', '^(apps|libs/shared|infra)/[^/]+/src/((migrations/)?index|given|config)\\.ts$'],
      },
    },
    {
      name: 'declared-dependencies',
      comment: 'What a package imports stands in its own package.json.',
      severity: 'error',
      from: { path: '^(apps|libs|infra)/[^/]+/(src|[^/]+/src)/', pathNot: specs },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    parser: 'swc',
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
    },
  },
};
