const pools = ["threads", "forks", "vmThreads"];

export default {
  test: { projects: pools.map((pool) => ({ test: { name: pool, pool, include: ["vitest.spec.mjs"] } })) },
};
