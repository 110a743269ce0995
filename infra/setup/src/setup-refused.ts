/** Setup cannot or must not go on; `message` is one line that says what to do about it. */
export class SetupRefused extends Error {
  override name = 'SetupRefused';
}
