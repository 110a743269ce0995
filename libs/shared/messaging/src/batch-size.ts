import { variables } from '@ringshop/service-defaults';

/** For the configuration of a service that handles messages. */
export const batchVariables = {
  /**
   * The most messages, or orders to be placed, of one transaction, and the most records of one produce. Without it what waits
   * is taken together, some hundreds at most. With 1 a saga runs as it is usually written, which is there to be measured
   * (`textbook` in docs/performance.md) and not to be used.
   */
  BATCH_MAX: variables.positive.optional(),
};
