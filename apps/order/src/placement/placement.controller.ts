import { Controller, Get } from '@nestjs/common';
import type { PlacementMap } from '@ringshop/placement';
import { PlacementAuthority } from './placement-authority.ts';

/** Any shard serves the whole map, so that gateways need no database of their own. */
@Controller()
export class PlacementController {
  readonly #authority: PlacementAuthority;

  constructor(authority: PlacementAuthority) {
    this.#authority = authority;
  }

  @Get('placement')
  map(): Promise<PlacementMap> {
    return this.#authority.newest();
  }
}
