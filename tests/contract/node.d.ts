// The little of Node.js that client.ts uses.
declare const process: { argv: string[] };
