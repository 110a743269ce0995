/** Milliseconds that are left of a request, set by the gateway and counted from its arrival by whoever is asked. */
export const deadlineHeader = 'x-deadline-ms';
