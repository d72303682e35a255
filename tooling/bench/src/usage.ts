import { benchmarks, DEFAULT_NAMES } from "./benchmarks/index.js";

const extras = Object.keys(benchmarks).filter((name) => !DEFAULT_NAMES.includes(name));

export const USAGE: string = `npm run bench -- [NAME…] [options]
  without a name, all that the target table needs: ${DEFAULT_NAMES.join(", ")}
  only by name: ${extras.join(", ")}
npm run bench -- install-peers [--peers DIR] [--python PATH]
npm run bench -- build-llama-bench [--peers DIR]
npm run bench -- make-checkpoint DIR [--shape NAME] [--layers N] [--shards N]

  --runs N             how often; 5 for what takes under a second, 3 for the rest
  --threads N          threads within one operator, of the library and of its peers
  --dtype NAME         instead of each benchmark's own
  --shape NAME         1b, 2b, 4b, 8b or tiny, of the random checkpoint; --layers N cuts both networks
  --shards N           files that the weights are spread over
  --contexts A,B       lengths of decode's prompts, in tokens; prefill reads the middle one
  --peers DIR          what is compared with; install-peers fills it. Default: peers in the work directory
  --python PATH        another Python that has the peers' packages
  --llama-bench PATH   llama.cpp's own program, instead of the one that build-llama-bench builds
  --work-dir DIR       where checkpoints are kept; up to 9 GB for 1b
  --profile            also where the time of a tile, a prompt and a step goes, by operator
  --svg FILE           scaling's plot
  --json FILE          the figures, every single one
  --readme             the target table, into the README of tooling/bench; scaling's tables, into docs/performance.md`;
