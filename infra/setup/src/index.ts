export { databaseOf, databasesOf, databaseUrl } from './databases.ts';
export { KeyFile, numberOf, personalDataKeysIn } from './key-file.ts';
export { placementMigrations } from './migrations/index.ts';
export { type SetupOptions, setup } from './setup.ts';
export { SetupRefused } from './setup-refused.ts';
export { type TopicPlan, topicsOf } from './topics.ts';
