/** Of the gateway to a shard. Milliseconds that are left of a request, set by the gateway and counted from its arrival by whoever is asked. */
export const deadlineHeader = 'x-deadline-ms';

/** Of the gateway to a shard: this key was let in a moment ago, and is asked again without the wait. Not refused for a queue. */
export const askedBeforeHeader = 'x-asked-before';
