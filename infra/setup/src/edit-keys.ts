import { personalDataKeysIn } from './key-file.ts';

/**
 * `edit-keys.js list | add | first <kid> | remove <kid>`: changes the file of keys where it lies in a volume. It knows nothing of
 * who uses them: that is what `npm run keys` is for, which calls it.
 */
const [verb, kid = ''] = process.argv.slice(2);
const file = personalDataKeysIn(process.env.RINGSHOP_SECRETS_DIR ?? '.');
if (verb === 'add') await file.add();
else if (verb === 'first') await file.putFirst(kid);
else if (verb === 'remove') await file.remove(kid);
console.log((await file.kids()).join());
