-- The shop that every peer's workflow works on: the same rows as Ringshop keeps, in one database, each step one round trip.
-- Each function is one transaction, and harmless when it is repeated: a step that ran before answers as it did then.

CREATE TABLE stock (
  sku text PRIMARY KEY,
  price bigint NOT NULL,
  available int NOT NULL CHECK (available >= 0),
  reserved int NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  sold int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  customer_id uuid NOT NULL,
  status text NOT NULL,
  skus text[] NOT NULL,
  quantities int[] NOT NULL,
  total bigint NOT NULL,
  ship_to text NOT NULL,
  placed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
CREATE INDEX orders_of_customer ON orders (customer_id, order_id DESC);
CREATE TABLE payments (order_id uuid PRIMARY KEY, state text NOT NULL, amount bigint NOT NULL);
INSERT INTO stock (sku, price, available) SELECT 'SKU-' || lpad(n::text, 4, '0'), 100 + n, 1000000 FROM generate_series(1, 1000) n;

-- The total of the order, or NULL when a line is out of stock. SKUs come sorted, so that orders wait for each other in one direction.
CREATE FUNCTION reserve_stock(id uuid, customer uuid, wanted text[], how_many int[], address text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  sum bigint := 0;
  amount bigint;
  known record;
BEGIN
  SELECT status, total INTO known FROM orders WHERE order_id = id;
  IF FOUND THEN
    RETURN CASE WHEN known.status <> 'rejected' THEN known.total END;
  END IF;
  FOR i IN 1 .. cardinality(wanted) LOOP
    UPDATE stock SET available = available - how_many[i], reserved = reserved + how_many[i]
      WHERE sku = wanted[i] AND available >= how_many[i] RETURNING price * how_many[i] INTO amount;
    IF NOT FOUND THEN
      FOR j IN 1 .. i - 1 LOOP
        UPDATE stock SET available = available + how_many[j], reserved = reserved - how_many[j] WHERE sku = wanted[j];
      END LOOP;
      INSERT INTO orders VALUES (id, customer, 'rejected', wanted, how_many, 0, address);
      RETURN NULL;
    END IF;
    sum := sum + amount;
  END LOOP;
  INSERT INTO orders VALUES (id, customer, 'placed', wanted, how_many, sum, address);
  RETURN sum;
END $$;

CREATE FUNCTION confirm_order(id uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  o record;
BEGIN
  UPDATE orders SET status = 'confirmed' WHERE order_id = id AND status = 'placed' RETURNING skus, quantities, total INTO o;
  IF FOUND THEN
    FOR i IN 1 .. cardinality(o.skus) LOOP
      UPDATE stock SET reserved = reserved - o.quantities[i], sold = sold + o.quantities[i] WHERE sku = o.skus[i];
    END LOOP;
    INSERT INTO payments VALUES (id, 'captured', o.total);
  END IF;
  RETURN 'confirmed';
END $$;

-- The compensation of reserve_stock.
CREATE FUNCTION release_stock(id uuid) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  o record;
BEGIN
  UPDATE orders SET status = 'rejected' WHERE order_id = id AND status = 'placed' RETURNING skus, quantities INTO o;
  IF FOUND THEN
    FOR i IN 1 .. cardinality(o.skus) LOOP
      UPDATE stock SET available = available + o.quantities[i], reserved = reserved - o.quantities[i] WHERE sku = o.skus[i];
    END LOOP;
  END IF;
  RETURN 'rejected';
END $$;
