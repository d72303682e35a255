export { entryNotFound, type Refusal, type RefusalWords, refusalError } from "./errors.js";
export {
  COMMIT,
  invalidListing,
  isObject,
  isSize,
  parseListing,
  type RepoFile,
  type RepoListing,
  SHA256,
} from "./listing.js";
