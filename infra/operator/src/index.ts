export { type AuditOptions, type AuditReport, audit } from './audit/audit.ts';
export { reportText } from './audit/report-table.ts';
export { CommandFailed, readArguments, runCommand } from './cli.ts';
export { Customer } from './customer.ts';
export { Database } from './databases.ts';
export { localOperator } from './operator-call.ts';
export { connectKafka, readTopics } from './read-topics.ts';
export { readStockBooks, wrongWith } from './stock-books.ts';
export { findSystem, type SystemUrls } from './system.ts';
