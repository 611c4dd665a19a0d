/**
 * The signed bundle that flies: Ed25519 keys, the manifest with the size and hash of every file, writing a bundle folder and
 * verifying one. Small and free of offline parts on purpose, because the board comes in by this door; what goes into a bundle, with
 * its proofs and budgets, is put together in `compact`.
 */
export {
  keyIdOf,
  newKey,
  parsePublicKey,
  publicPem,
  readPrivateKey,
  readPublicKey,
  type SigningKey,
  type TrustedKey,
} from './keys.ts';
export { LIMITS, MANIFEST, type Manifest, type ManifestBody, parseManifest, SIGNATURES } from './manifest.ts';
export { type VerifiedBundle, verifyBundle } from './verify.ts';
export { type WrittenBundle, writeBundle } from './write.ts';
