// One process that fetches a model: what the kill tests start and kill.
import { createNodeFiles } from "@internvl/runtime-node";

const [endpoint, cache_dir, id, paths] = process.argv.slice(2) as [string, string, string, string];
const store = createNodeFiles({ endpoint, parallelFrom: 1_000_000, connections: 4, retryDelay: 5, environment: {} });
const files = await store.open(id, { cache_dir });
await files.prefetch?.(paths.split(","));
