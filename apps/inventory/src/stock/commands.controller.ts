import { Controller } from '@nestjs/common';
import { Commands, type Incoming } from '@ringshop/messaging';
import { StockCommands } from './stock-commands.ts';

/** All commands in one method, so that whatever waits becomes one lock and one transaction. */
@Controller()
export class CommandsController {
  readonly #commands: StockCommands;

  constructor(commands: StockCommands) {
    this.#commands = commands;
  }

  @Commands('reserve-stock', 'release-stock', 'commit-stock', 'return-stock')
  handle(batch: Incoming[]): Promise<void> {
    return this.#commands.handle(batch);
  }
}
