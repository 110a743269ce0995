import { z } from 'zod';

/**
 * The query of a list that is read page by page: how many, and the place to go on from.
 * @param readCursor answers undefined for what is no cursor of this list
 */
export const pageQuery = <Place>(readCursor: (cursor: string) => Place | undefined) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z
      .string()
      .transform((text, context) => {
        const place = readCursor(text);
        if (place === undefined) context.addIssue('is no cursor of this list');
        return place;
      })
      .optional(),
  });
