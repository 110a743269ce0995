/** In each database. Who waits for the provider does nothing, and so there may be more of them. */
export const sessionsOf = ({ paymentMs }: { paymentMs: number }) => (paymentMs === 0 ? 48 : 96);
