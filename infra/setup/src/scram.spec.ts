import { expect, it } from 'vitest';
import { isVerifierOf, scramVerifier } from './scram.ts';

it('recognises the password that a verifier was made of, and no other', () => {
  const verifier = scramVerifier('correct horse');
  expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(isVerifierOf('correct horse', verifier)).toBe(true);
  expect(isVerifierOf('battery staple', verifier)).toBe(false);
});

it('salts: the same password has another verifier each time', () => {
  expect(scramVerifier('correct horse')).not.toBe(scramVerifier('correct horse'));
});

it('follows the salt and the rounds of the verifier it is compared with', () => {
  expect(isVerifierOf('correct horse', scramVerifier('correct horse', Buffer.from('salt'), 10))).toBe(true);
});

it.each([null, '', 'md5d8578edf8458ce06fbc5bb76a58c5ca4'])('does not know the password behind %s', (stored) => {
  expect(isVerifierOf('correct horse', stored)).toBe(false);
});

it('computes no more rounds than it makes itself: a role can store a verifier of its own that would keep setup busy for hours', () => {
  expect(isVerifierOf('correct horse', scramVerifier('correct horse', Buffer.from('salt'), 4_097))).toBe(false);
});
