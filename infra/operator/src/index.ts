export { type AuditOptions, type AuditReport, audit } from './audit/audit.ts';
export { reportText } from './audit/report-table.ts';
export { CommandFailed, readArguments, runCommand } from './cli.ts';
export { Customer } from './customer.ts';
export { connectKafka, readTopics } from './read-topics.ts';
export { findSystem, type SystemUrls } from './system.ts';
