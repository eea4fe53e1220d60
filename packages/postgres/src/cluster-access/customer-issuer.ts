import type { CustomerIssuer } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** An issuer of the customer of a cluster, by its name there; of any project. */
export async function findCustomerIssuer(
  db: Queryable,
  clusterId: string,
  name: string,
): Promise<CustomerIssuer | undefined> {
  const result = await db.query<{ issuer: CustomerIssuer | null }>('select customer_issuer($1, $2) as issuer', [
    clusterId,
    name,
  ]);
  return result.rows[0]?.issuer ?? undefined;
}
