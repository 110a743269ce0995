export { type Answer, Customer, type Placing } from './customer.ts';
export { Shop } from './shop.ts';
export { Shoppers } from './shoppers.ts';
