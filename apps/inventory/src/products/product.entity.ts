import type { Money } from '@ringshop/contracts';
import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';

const bigint = { to: (value: number) => value, from: Number };

/** For reading. Stock is written by raw SQL over whole batches, behind the fence (`stock.table`). */
@Entity('stock')
export class StockEntity {
  @PrimaryColumn('text')
  sku!: string;

  @Column('int')
  available!: number;

  @Column('bigint', { transformer: bigint })
  fence_epoch!: number;

  @Column('bigint', { transformer: bigint })
  fence_n!: number;
}

@Entity('products')
export class ProductEntity {
  @PrimaryColumn('text')
  sku!: string;

  @Column('text')
  name!: string;

  @Column('bigint', { transformer: bigint })
  price_amount!: number;

  @Column('text')
  currency!: Money['currency'];

  @OneToOne(() => StockEntity)
  @JoinColumn({ name: 'sku' })
  stock!: StockEntity;
}
