// A running system of many small services, for the rows that only look at one.
import { Beacons } from './beacons.ts';
import type { Product } from './product.ts';

export interface Many {
  readonly product: Product;
  close(): void;
}

export async function startMany(count: number): Promise<Many> {
  const beacons = new Beacons('sh', count);
  const product = beacons.product();
  try {
    await product.up();
  } catch (error) {
    product.remove();
    throw error;
  }
  return {
    product,
    close: () => {
      product.remove();
      beacons.close();
    },
  };
}
