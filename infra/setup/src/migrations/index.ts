import { CreatePlacementMaps1763683200000 } from './1763683200000-create-placement-maps.ts';

export const placementMigrations = [CreatePlacementMaps1763683200000];
