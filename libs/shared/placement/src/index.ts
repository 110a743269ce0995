export { InvalidOrderId, isOrderId, newOrderId, slotOfOrder } from './order-id.ts';
export { firstMap, join, leave, loadsOf, type PlacementMap, type PointHash, sha256Point } from './ring.ts';
export { slotCount, slotOf } from './slot.ts';
