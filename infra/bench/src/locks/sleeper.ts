/** A seller in a process of its own, so that it can be stopped for real: `node sleeper.js <sale as JSON> <quantity>`. */
import { LockedSale, type Sale } from './locked-sale.ts';

const sale = new LockedSale(JSON.parse(process.argv[2]!) as Sale);
const quantity = Number(process.argv[3]);
const word = () => new Promise<unknown>((resolve) => process.once('message', resolve));

await sale.open();
process.send!('open');
while ((await word()) === 'decide') {
  process.send!({ decided: await sale.decide(quantity) });
  await word();
  process.send!({ sold: await sale.write() });
}
await sale.close();
process.disconnect!();
