import { clusterView } from '@matryoshka/application';
import { createPool, inProject, listClusters } from '@matryoshka/postgres';
import { fastify } from 'fastify';

// What a list costs without the service around it: the same statements, the same document, no authentication, checks, headers or log.
const [databaseUrl = '', projectId = ''] = process.argv.slice(2);
const pool = createPool(databaseUrl, { notify: false });
const app = fastify();
app.get('/', async () => {
  const rows = await inProject(
    pool,
    { projectId, clusterIds: null },
    async (tx) => await listClusters(tx, { limit: 101 }),
  );
  return { items: rows.slice(0, 100).map((cluster) => clusterView(cluster, new Date())) };
});
process.stderr.write(`"url":"${await app.listen({ host: '127.0.0.1', port: 0 })}"\n`);
