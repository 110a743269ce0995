export interface FirstProduct {
  sku: string;
  name: string;
  /** Cents. */
  price: number;
  quantity: number;
}

const materials: [name: string, factor: number][] = [
  ['Oak', 1],
  ['Walnut', 1.4],
  ['Linen', 0.8],
  ['Stoneware', 0.9],
  ['Brass', 1.3],
  ['Copper', 1.5],
  ['Enamel', 0.7],
  ['Bamboo', 0.6],
  ['Slate', 1.1],
  ['Terracotta', 0.75],
  ['Cork', 0.65],
  ['Marble', 1.8],
  ['Glass', 0.85],
  ['Wool', 1.2],
  ['Cotton', 0.7],
  ['Leather', 1.6],
  ['Porcelain', 1.25],
  ['Steel', 1],
  ['Rattan', 0.95],
  ['Ash', 1.05],
];

const things: [name: string, price: number][] = [
  ['Coffee Cup', 1400],
  ['Teapot', 4900],
  ['Serving Board', 3900],
  ['Fruit Bowl', 4500],
  ['Salad Bowl', 5200],
  ['Candle Holder', 2400],
  ['Flower Vase', 3600],
  ['Plant Pot', 2900],
  ['Bread Basket', 2700],
  ['Butter Dish', 2200],
  ['Sugar Bowl', 1900],
  ['Milk Jug', 2100],
  ['Pepper Mill', 3400],
  ['Coaster Set', 1600],
  ['Tray', 3200],
  ['Bookend', 2600],
  ['Desk Lamp', 8900],
  ['Pendant Lamp', 11900],
  ['Wall Clock', 6900],
  ['Picture Frame', 2300],
  ['Jewellery Box', 4400],
  ['Key Hook', 1500],
  ['Umbrella Stand', 7900],
  ['Magazine Rack', 5900],
  ['Step Stool', 9900],
  ['Side Table', 14900],
  ['Wall Shelf', 6400],
  ['Pen Cup', 1700],
  ['Paper Weight', 1800],
  ['Letter Tray', 2800],
  ['Soap Dish', 1200],
  ['Toothbrush Mug', 1300],
  ['Storage Jar', 2500],
  ['Spice Rack', 3300],
  ['Egg Cup', 900],
  ['Cake Stand', 4700],
  ['Ice Bucket', 5400],
  ['Carafe', 3500],
  ['Watering Can', 3800],
  ['Door Stop', 1450],
  ['Incense Dish', 1100],
  ['Mirror', 8400],
  ['Toy Boat', 2000],
  ['Chess Set', 12900],
  ['Bird Feeder', 3100],
  ['Napkin Ring', 800],
  ['Wine Rack', 7400],
  ['Ring Tray', 1650],
  ['Match Holder', 1050],
  ['Trinket Dish', 1250],
];

const plenty = 1_000_000;

/** 1,000 products, `SKU-0001` to `SKU-1000`, the same on every machine; 0900–0909 are scarce, 0910–0919 sold out. */
export function firstProducts(): FirstProduct[] {
  return Array.from({ length: 1000 }, (_, index) => {
    const [thing, price] = things[index % things.length]!;
    const [material, factor] = materials[Math.floor(index / things.length) % materials.length]!;
    return {
      sku: `SKU-${String(index + 1).padStart(4, '0')}`,
      name: `${material} ${thing}`,
      price: friendly(price * factor),
      quantity: quantityOf(index + 1),
    };
  });
}

/** To the next half euro, less five cents: 14.95 and not 14.63. */
const friendly = (cents: number) => Math.ceil(cents / 50) * 50 - 5;

function quantityOf(number: number): number {
  if (number >= 900 && number <= 909) return 100;
  return number >= 910 && number <= 919 ? 0 : plenty;
}
