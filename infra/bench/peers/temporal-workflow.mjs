/** The order as a Temporal workflow: deterministic code, whose activities are the steps. Bundled by the worker. */
import { proxyLocalActivities } from '@temporalio/workflow';

const steps = proxyLocalActivities({ startToCloseTimeout: '30 s', retry: { initialInterval: '100 ms' } });

export async function placeOrder(order) {
  const { orderId, token } = order;
  const total = await steps.reserveStock(order);
  if (total === null) return 'rejected';
  if (!(await steps.authorise(orderId, total, token))) {
    await steps.releaseStock(orderId);
    return 'rejected';
  }
  await steps.capture(orderId, total);
  await steps.confirmOrder(orderId);
  return 'confirmed';
}
