/** How many of something each customer has here. Only those who have any are kept. */
export class CustomerCounts {
  readonly #counts = new Map<string, number>();

  of(customerId: string): number {
    return this.#counts.get(customerId) ?? 0;
  }

  add(customerId: string): void {
    this.#counts.set(customerId, this.of(customerId) + 1);
  }

  remove(customerId: string): void {
    const left = this.of(customerId) - 1;
    if (left > 0) this.#counts.set(customerId, left);
    else this.#counts.delete(customerId);
  }

  clear(): void {
    this.#counts.clear();
  }
}
