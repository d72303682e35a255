/** Where the page finds the folders that its server has. */
export const ADDRESSES = {
  golden: "/golden",
  thirdParty: "/third-party",
  fixtures: "/fixtures",
  demoModel: "/demo-model",
} as const;
