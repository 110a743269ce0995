import type { Provider } from '@nestjs/common';
import { CustomersController } from './customers.controller.ts';
import { EraseCustomers } from './erase-customers.ts';
import { KeyUsage } from './key-usage.ts';
import { KeysController } from './keys.controller.ts';
import type { PersonalData } from './personal-data.ts';
import { ShipTosController } from './ship-tos.controller.ts';
import { ShipTos } from './ship-tos.ts';

export const personalDataControllers = [ShipTosController, CustomersController, KeysController];

export const personalDataProviders = ({ shipTos, erasing, usage }: PersonalData): Provider[] => [
  { provide: ShipTos, useValue: shipTos },
  { provide: EraseCustomers, useValue: erasing },
  { provide: KeyUsage, useValue: usage },
];
