import type { Money, OrderReason, OrderStatus } from '@ringshop/contracts';
import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { OrderLine } from './order.ts';
import { type OrderRow, pricesFromSaga } from './orders.table.ts';

/** For reads that are not hot. Writes are raw SQL over whole batches (`orders.table`, `change-status`). */
@Entity('orders')
export class OrderEntity {
  @PrimaryColumn('uuid', { name: 'order_id' })
  order_id!: string;

  @Column('uuid')
  customer_id!: string;

  @Column('text')
  status!: OrderStatus;

  @Column('text', { nullable: true })
  reason!: OrderReason | null;

  @Column('jsonb')
  lines!: OrderLine[];

  @Column('bigint', { nullable: true, transformer: { to: (value) => value, from: (value) => value && Number(value) } })
  total_amount!: number | null;

  @Column('text', { nullable: true })
  currency!: Money['currency'] | null;

  @Column('timestamptz')
  placed_at!: Date;

  @Column('timestamptz')
  updated_at!: Date;

  @Column('int')
  version!: number;

  @VirtualColumn('json', { query: pricesFromSaga })
  priced!: OrderRow['priced'];
}
