import { type DynamicModule, Module } from '@nestjs/common';
import { Principals } from '@ringshop/service-defaults';
import type { Inventory } from './inventory.ts';
import { ProductsController } from './products/products.controller.ts';
import { Products } from './products/products.ts';
import { CommandsController } from './stock/commands.controller.ts';
import { StockController } from './stock/stock.controller.ts';
import { StockCommands } from './stock/stock-commands.ts';
import { StockCount } from './stock/stock-count.ts';

@Module({})
export class AppModule {}

/** What Nest hosts: the controllers, over the objects of one replica. */
export function appModule({ commands, products, stockCount, principals }: Inventory): DynamicModule {
  return {
    module: AppModule,
    controllers: [CommandsController, ProductsController, StockController],
    providers: [
      { provide: StockCommands, useValue: commands },
      { provide: Products, useValue: products },
      { provide: StockCount, useValue: stockCount },
      { provide: Principals, useValue: principals },
    ],
  };
}
