/** A request that was not done. `code` is stable; the HTTP status says whether asking again can help (5xx, `in-progress`). */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string) {
    super(code);
    this.statusCode = statusCode;
    this.code = code;
  }
}
