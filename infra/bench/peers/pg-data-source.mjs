/**
 * DBOS's transactional steps over `pg`: a data source as the SDK's plug-in interface describes it. The published packages for
 * `pg` and Postgres.js stop at version 4 of the SDK.
 *
 * A step's answer is inserted in the transaction of its work, so work and answer are there together or not at all. The SDK has
 * looked for an answer before it asks; one that only this table has (a crash between the two commits) shows as a conflict here.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import {
  assertStillOwnsWorkflow,
  isPGKeyConflictError,
  isPGRetriableTransactionError,
  migrateDataSourcePG,
  registerDataSource,
  replayRecordedStep,
  runTransaction,
} from '@dbos-inc/dbos-sdk/datasource';

const schema = 'dbos';
const record = {
  name: 'record-step',
  text: `INSERT INTO ${schema}.transaction_completion (workflow_id, function_num, output) VALUES ($1, $2, $3)`,
};
const recorded = {
  name: 'recorded-step',
  text: `SELECT output, error FROM ${schema}.transaction_completion WHERE workflow_id = $1 AND function_num = $2`,
};

/** @returns runs `work(client)` as a transactional step of this name */
export function pgDataSource(name, pool) {
  registerDataSource({
    name,
    initialize: () =>
      inTransaction(pool, (client) => migrateDataSourcePG(async (sql) => (await client.query(sql)).rows, schema)),
    destroy: () => pool.end(),
    invokeTransactionFunction: (_config, _target, work) => once(pool, work),
  });
  return (step, work) => runTransaction(work, step, { dsName: name });
}

async function once(pool, work) {
  const key = [DBOS.workflowID, DBOS.stepID];
  for (;;) {
    try {
      return await inTransaction(pool, async (client) => {
        const answer = await work(client);
        await client.query({ ...record, values: [...key, JSON.stringify({ json: answer })] });
        await assertStillOwnsWorkflow(DBOS.workflowID);
        return answer;
      });
    } catch (error) {
      if (isPGRetriableTransactionError(error)) continue;
      const before = isPGKeyConflictError(error) && (await pool.query({ ...recorded, values: key })).rows[0];
      if (!before) throw error;
      return replayRecordedStep(before);
    }
  }
}

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const answer = await work(client);
    await client.query('COMMIT');
    return answer;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
